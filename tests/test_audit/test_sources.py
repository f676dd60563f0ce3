import csv
from collections import Counter

import cell_trees
import pytest
from cell_trees import QUICK, paint, paint_folders
from mmengine.config import Config

from daffnet_lite.errors import InputError
from daffnet_mm.audit.config_sources import read_config
from daffnet_mm.audit.folder_sources import find_releases, read_folder
from daffnet_mm.datasets import PBC


def parts(source):
    return Counter(part for s in source.samples for part in s.parts)


@pytest.mark.parametrize(
    ('build', 'release', 'by_part'),
    [
        ('lisc', 'LISC', {}),
        ('raabin', 'RaabinWBC', dict(train=40, test=14)),
        ('bccd_kaggle', 'BCCD Kaggle', dict(train=240, test=56)),
        ('bccd_cropped', 'BCCD cropped', {}),
        ('ldwbc', 'LDWBC', {}),
        ('labelled', 'LabelledWBC', {}),
        ('jtsc', 'JTSC', {}),
    ],
)
def test_releases_are_recognised(tmp_path, build, release, by_part):
    root = getattr(cell_trees, build)(tmp_path)
    source = read_folder(str(root))
    assert (source.title, source.release) == (release, release)
    assert source.samples and parts(source) == by_part


def test_pbc_is_recognised(pbc_root):
    source = read_folder(str(pbc_root))
    assert source.release == 'PBC' and len(source.samples) == 80
    assert {s.name for s in source.samples} >= {'BASOPHIL_0.jpg'}


def test_boxes_in_fields(tmp_path):
    root = cell_trees.bccd_detection(
        tmp_path,
        [
            (
                [(10, 20, 110, 130), (200, 200, 300, 320)],
                'MONOCYTE, MONOCYTE',
                'val',
            )
        ],
    )
    source = read_folder(str(root))
    assert source.release == 'BCCD detection'
    assert [s.box for s in source.samples] == [
        (10, 20, 110, 130),
        (200, 200, 300, 320),
    ]
    assert parts(source) == dict(val=2)


def test_class_folders_of_any_origin(tmp_path):
    paint_folders(tmp_path / 'lab', {'SNE': 2, 'Lymphocytes': 3})
    source = read_folder(str(tmp_path / 'lab'))
    assert source.title == 'lab'
    assert Counter(s.label for s in source.samples) == dict(
        neutrophil_segment=2, lymphocyte=3
    )
    paint_folders(tmp_path / 'cut', {'train/baso': 2, 'valid/baso': 1})
    source = read_folder(str(tmp_path / 'cut'))
    assert parts(source) == dict(train=2, val=1)


@pytest.mark.parametrize('part', ['', 'train', 'test'])
def test_class_folders_of_unknown_names(tmp_path, part):
    paint_folders(tmp_path / 'lab' / part, {'Smudge Cells': 2, '[left]': 1})
    (source,), _ = find_releases(str(tmp_path))
    assert source.title == 'lab'
    counts = Counter(s.label for s in source.samples)
    assert counts == {'Smudge Cells': 2, '[left]': 1}
    # beside known ones, of a release too
    paint_folders(tmp_path / 'lab' / part, dict(ig=1, platelet=1))
    (source,), _ = find_releases(str(tmp_path))
    counts = Counter(s.label for s in source.samples)
    assert counts == {'Smudge Cells': 2, '[left]': 1, 'ig': 1, 'platelet': 1}


def test_releases_below_a_folder(tmp_path, wbcatt_dir):
    cell_trees.jtsc(tmp_path / 'downloads')
    sources, attributes = find_releases(str(tmp_path))
    assert [s.title for s in sources] == ['PBC', 'JTSC']
    assert attributes == [str(wbcatt_dir)]


def test_nothing_that_is_a_dataset(tmp_path):
    paint(tmp_path / '1.jpg')
    (tmp_path / 'holiday' / 'beach').mkdir(parents=True)
    with pytest.raises(InputError, match='holds no dataset: expected are'):
        find_releases(str(tmp_path))
    (tmp_path / 'lab' / 'basophil').mkdir(parents=True)
    with pytest.raises(InputError, match='holds no image'):
        find_releases(str(tmp_path / 'lab'))


def config(folder, **datasets):
    """Write a config with these datasets."""
    path = folder / 'config.py'
    Config(
        {
            f'{part}_dataloader': dict(dataset=dataset)
            for part, dataset in datasets.items()
        }
    ).dump(path)
    return str(path)


def pbc(root, split, **kwargs):
    return dict(
        type='PBC',
        data_root=str(root),
        split=split,
        pipeline=[dict(type='LoadCellImage')],
        serialize_data=False,
        **kwargs,
    )


def test_a_config_by_parts(tmp_path, pbc_root):
    split_file = tmp_path / 'split.csv'
    kwargs = dict(split_file=str(split_file), split_seed=3)
    (source,) = read_config(
        config(
            tmp_path,
            **{
                part: pbc(pbc_root, part, **kwargs)
                for part in ('train', 'val', 'test')
            },
        )
    )
    assert parts(source) == dict(train=48, val=16, test=16)
    # the audit writes no split, but foresees it
    assert not split_file.exists()
    PBC(str(pbc_root), 'train', **QUICK, **kwargs)
    with open(split_file, newline='') as file:
        expected = {r['image']: {r['split']} for r in csv.DictReader(file)}
    assert {s.name: s.parts for s in source.samples} == expected


def test_a_config_with_wrappers(tmp_path, pbc_root):
    root = cell_trees.jtsc(tmp_path)
    joined = dict(
        type='ConcatDataset',
        datasets=[
            dict(
                type='RepeatDataset', times=3, dataset=pbc(pbc_root, 'train')
            ),
            # the labels need not be there
            dict(
                type='PseudoLabelledDataset',
                label_file='nowhere.json',
                dataset=dict(
                    type='JTSC',
                    data_root=str(root),
                    split='val',
                    serialize_data=False,
                ),
            ),
        ],
        ignore_keys=['classes'],
    )
    rest = dict(
        type='StratifiedSubset', fraction=0.5, dataset=pbc(pbc_root, 'test')
    )
    first, second = read_config(config(tmp_path, train=joined, test=rest))
    assert (first.title, second.title) == ('PBC', 'JTSC')
    assert parts(first) == dict(train=48, test=8)
    assert parts(second).keys() == {'train'}


def test_configs_without_files(tmp_path):
    with pytest.raises(InputError, match='has no train_dataloader'):
        read_config(config(tmp_path))
    with pytest.raises(InputError, match='draws its images itself'):
        read_config(
            config(
                tmp_path,
                train=dict(type='SyntheticWBC', split='train', num_samples=4),
            )
        )
    (tmp_path / 'config.py').write_text('train_dataloader = (')
    with pytest.raises(InputError, match='config .* cannot be read'):
        read_config(str(tmp_path / 'config.py'))
