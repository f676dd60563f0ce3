import os
from collections import Counter

import pytest
from cell_trees import raabin
from mmengine import Config
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import PBC
from daffnet_mm.datasets.splits import (
    cut_groups,
    k_fold,
    read_group_file,
    read_split_file,
    stratified_split,
)
from daffnet_mm.preparation.make_splits import (
    draw_parts,
    find_release,
    list_release,
    open_release,
    write_splits,
)

TOOL = 'dataset_converters/make_splits.py'


@pytest.fixture
def group_file(tmp_path, pbc_root):
    """Images 0 and 1, 2 and 3, ... of a class are copies of each other."""
    path = tmp_path / 'groups.csv'
    with open(path, 'w') as f:
        f.write('image,group\n')
        for image in sorted(pbc_root.glob('*/[!.]*.jpg')):
            label, number = image.stem.rsplit('_', 1)
            f.write(f'{image.name},{label}-{int(number) // 2}\n')
    return str(path)


def write(out, dataset, k=None):
    samples = list_release(dataset)
    return write_splits(str(out), samples, draw_parts(dataset, samples, k))


def split(pbc_root, out, k=None, **options):
    cells = dict(type='PBC', data_root=str(pbc_root))
    return write(out, open_release(cells, **options), k)


def test_the_file_is_what_the_dataset_itself_writes(pbc_root, tmp_path):
    one, other = tmp_path / 'tool.csv', tmp_path / 'dataset.csv'
    split(pbc_root, one, split_seed=4)
    PBC(str(pbc_root), 'val', str(other), split_seed=4, pipeline=[])
    assert one.read_bytes() == other.read_bytes()


def test_annotations_do_not_change_the_split(pbc_root, wbcatt_dir, tmp_path):
    # stage 1 and 3 share the file, whichever wrote it
    one, other = tmp_path / 'cells.csv', tmp_path / 'annotated.csv'
    split(pbc_root, one)
    annotated = dict(type='WBCAtt', ann_dir=str(wbcatt_dir))
    write(other, open_release(dict(annotated, data_root=str(pbc_root))))
    assert one.read_bytes() == other.read_bytes()


def test_groups_stay_together(pbc_root, tmp_path, group_file):
    (path,) = split(pbc_root, tmp_path / 'split.csv', group_file=group_file)
    parts, groups = read_split_file(path), read_group_file(path)
    assert groups == read_group_file(group_file)
    assert cut_groups(parts, groups) == {}
    assert Counter(parts.values()) == dict(train=48, val=16, test=16)
    # the datasets read it as it is
    assert len(PBC(str(pbc_root), 'val', path, pipeline=[])) == 16


def test_a_dataset_without_strata(pbc_root, tmp_path):
    """The dataset's own split and the tool's are those of the names."""
    (path,) = split(pbc_root, tmp_path / 'split.csv', stratify=False)
    parts = read_split_file(path)
    labels = {name: name.split('_')[0] for name in parts}
    assert parts == stratified_split(labels, stratify=False)
    assert parts != stratified_split(labels)
    drawn = PBC(str(pbc_root), 'val', pipeline=[], stratify=False)
    read = PBC(str(pbc_root), 'val', path, pipeline=[])
    assert [drawn.get_data_info(i)['img_path'] for i in range(16)] == [
        read.get_data_info(i)['img_path'] for i in range(16)
    ]
    folds = [
        read_split_file(path)
        for path in split(pbc_root, tmp_path / 'f.csv', k=5, stratify=False)
    ]
    own = k_fold(labels, 5, stratify=False)
    assert all(folds[fold][name] == 'test' for name, fold in own.items())


def test_folds(pbc_root, tmp_path, group_file):
    options = dict(split_seed=1, group_file=group_file)
    paths = split(pbc_root, tmp_path / 'folds.csv', 5, **options)
    assert [os.path.basename(path) for path in paths] == [
        f'folds_fold{i}.csv' for i in range(5)
    ]
    runs = [read_split_file(path) for path in paths]
    groups = read_group_file(group_file)
    folds = k_fold({name: name.split('_')[0] for name in groups}, 5, 1, groups)
    for name, fold in folds.items():
        tested = [i for i, run in enumerate(runs) if run[name] == 'test']
        assert tested == [fold]
    for run in runs:
        assert Counter(run.values()) == dict(train=48, val=16, test=16)


def test_official_parts_stay(pbc_root, wbcatt_dir):
    dataset = open_release(
        dict(
            type='WBCAtt',
            data_root=str(pbc_root),
            ann_dir=str(wbcatt_dir),
            official_split=True,
        )
    )
    (parts,) = draw_parts(dataset, list_release(dataset))
    assert Counter(parts.values()) == dict(train=20, val=15, test=10)


def test_chen_et_al_draw_the_validation_part(tmp_path):
    dataset = open_release(
        dict(
            type='RaabinWBC', data_root=raabin(tmp_path), official_split=True
        ),
        subsets=('Train', 'TestA'),
    )
    (parts,) = draw_parts(dataset, list_release(dataset))
    assert Counter(parts.values()) == dict(train=30, val=10, test=10)
    assert all(
        (part == 'test') == name.startswith('TestA/')
        for name, part in parts.items()
    )


def test_the_release_of_a_config(pbc_root):
    own = dict(type='PBC', data_root=str(pbc_root), split='train')
    parts = [own, dict(own, split='val')]
    both = dict(type='ConcatDataset', datasets=parts)
    wrapped = dict(type='RepeatDataset', times=2, dataset=both)
    cfg = dict(train_dataloader=dict(dataset=wrapped))
    assert find_release(Config(cfg)) == own
    parts.append(dict(type='LISC', data_root='lisc'))
    cfg = Config(cfg)
    with pytest.raises(
        InputError, match='several releases, PBC in .*, LISC in lisc: name one'
    ):
        find_release(cfg)
    with pytest.raises(InputError, match='no test_dataloader'):
        find_release(cfg, 'test')


def test_faults(pbc_root, tmp_path, group_file):
    cfg = dict(type='PBC', data_root=str(pbc_root))
    with pytest.raises(
        InputError,
        match="'PCB' is no dataset with files to split; known are BCCD, .*PBC",
    ):
        open_release(dict(cfg, type='PCB'))
    assert 'SyntheticWBC' in DATASETS
    with pytest.raises(InputError, match="'SyntheticWBC' is no dataset"):
        open_release(dict(type='SyntheticWBC'))
    with pytest.raises(InputError, match='WBCAtt cannot be built: .*ann_dir'):
        open_release(dict(cfg, type='WBCAtt'))
    with pytest.raises(InputError, match='2 folds are too few'):
        draw_parts(open_release(cfg), [], 2)

    lines = open(group_file).readlines()
    with open(group_file, 'w') as f:
        f.writelines(line for line in lines if 'BASOPHIL_3' not in line)
    with pytest.raises(
        InputError,
        match='groups.csv lacks 1 of the images in .*, first BASOPHIL_3.jpg',
    ):
        list_release(open_release(cfg, group_file=group_file))

    split(pbc_root, tmp_path / 'split.csv')
    with pytest.raises(InputError, match='split.csv exists, and models may'):
        split(pbc_root, tmp_path / 'split.csv')
    with pytest.raises(
        InputError, match='cannot write split file .*split.csv'
    ):
        split(pbc_root, tmp_path / 'split.csv' / 'split.csv')


def test_the_tool(pbc_root, tmp_path, group_file, succeeds, fails):
    out = tmp_path / 'split.csv'
    call = (f'{TOOL} --dataset-type PBC --data-root', pbc_root, '--out', out)
    options = f'--ratios 3:1:1 --seed 3 --group-file {group_file}'.split()
    output = succeeds(*call, *options)
    assert '40 groups' in output
    assert f'wrote {out}' in output
    parts = Counter(read_split_file(out).values())
    assert parts == dict(train=48, val=16, test=16)
    assert fails(*call).startswith(f'error: split file {out} exist')
    output = succeeds(*call, '--ratios', '3:1', status=2)
    assert "--ratios: invalid ratios value: '3:1'" in output


def test_a_folder_without_images(tmp_path):
    (tmp_path / 'notes.txt').touch()
    dataset = open_release(dict(type='LDWBC'), data_root=str(tmp_path))
    with pytest.raises(InputError, match='holds no image'):
        list_release(dataset)
