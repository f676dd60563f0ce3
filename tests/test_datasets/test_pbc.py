import csv
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from cell_trees import PARTS, counts, ids, infos
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS
from PIL import Image
from torch.utils.data import DataLoader

from daffnet_lite.errors import InputError
from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES
from daffnet_mm.datasets import PBC

LOAD = [dict(type='LoadCellImage')]


def test_all_images_of_all_classes(pbc_root):
    dataset = DATASETS.build(
        dict(type='PBC', data_root=str(pbc_root), pipeline=LOAD)
    )
    assert dataset.metainfo['classes'] == PBC8_CLASSES
    # ten a class: the hidden file in neutrophil does not count
    assert counts(dataset) == [10] * 8
    info = dataset.get_data_info(0)
    assert info['img_path'] == str(pbc_root / 'basophil' / 'BASOPHIL_0.jpg')
    assert info['image_id'] == 'PBC/BASOPHIL_0.jpg'
    assert info['gt_attributes'].dtype == torch.long
    assert info['gt_attributes'].tolist() == [-1] * 11
    # the index of the class is its place in the list, on disk as well
    for info in infos(dataset):
        folder = info['img_path'].split('/')[-2]
        assert PBC8_CLASSES[info['gt_label']] == folder
    sample = dataset[79]
    assert sample['img'].shape == (40, 36, 3)
    assert abs(sample['img'].mean() - 90) < 2
    assert str(pbc_root) in repr(dataset)


def test_a_selection_of_classes(pbc_root):
    dataset = PBC(str(pbc_root), classes=('platelet', 'ig'), pipeline=[])
    assert len(dataset) == 20
    assert dataset.metainfo['classes'] == ('platelet', 'ig')
    assert dataset.get_data_info(0)['gt_label'] == 0
    assert 'PLATELET' in dataset.get_data_info(0)['image_id']


def test_splits_are_disjoint_and_complete(pbc_root, tmp_path):
    split_file = tmp_path / 'split.csv'
    parts = [
        PBC(str(pbc_root), split, str(split_file), pipeline=[])
        for split in PARTS
    ]
    assert [counts(part) for part in parts] == [[6] * 8, [2] * 8, [2] * 8]
    assert len(set.union(*map(ids, parts))) == 80


def test_one_file_serves_every_selection_of_classes(pbc_root, tmp_path):
    split_file = tmp_path / 'split.csv'

    def val(classes=PBC8_CLASSES, split_file=str(split_file), **kwargs):
        return ids(
            PBC(
                str(pbc_root),
                'val',
                split_file,
                classes=classes,
                pipeline=[],
                **kwargs,
            )
        )

    # the first user asks for two classes only, and all eight are written
    few = val(('monocyte', 'lymphocyte'))
    with open(split_file) as file:
        rows = list(csv.DictReader(file))
    assert Counter(row['label'] for row in rows) == dict.fromkeys(
        PBC8_CLASSES, 10
    )
    eight = val()
    assert few < val(WBC5_CLASSES) < eight
    # without a file the rule gives the same
    assert val(split_file=None) == eight
    # an existing file is obeyed, not replaced
    assert val(split_seed=5) == eight
    assert val(split_file=None, split_seed=5) != eight


def test_a_source_without_all_class_folders(pbc_root, tmp_path):
    for name in ('ig', 'platelet', 'erythroblast'):
        shutil.rmtree(pbc_root / name)
    dataset = PBC(
        str(pbc_root),
        'train',
        str(tmp_path / 'split.csv'),
        classes=WBC5_CLASSES,
        pipeline=[],
    )
    assert len(dataset) == 30


def test_missing_folders(pbc_root, tmp_path):
    with pytest.raises(InputError, match='nowhere does not exist'):
        PBC(str(tmp_path / 'nowhere'), pipeline=[])
    shutil.rmtree(pbc_root / 'ig')
    with pytest.raises(InputError, match='class folder .*/ig does not exist'):
        PBC(str(pbc_root), pipeline=[])


def test_an_empty_class_folder(pbc_root):
    for path in (pbc_root / 'neutrophil').glob('N*.jpg'):
        path.unlink()
    # the hidden file is still there, and a text
    (pbc_root / 'neutrophil' / 'readme.txt').touch()
    with pytest.raises(InputError, match='neutrophil holds no image'):
        PBC(str(pbc_root), pipeline=[])


def test_wrong_arguments(pbc_root):
    with pytest.raises(InputError, match="split='dev' must be 'train'"):
        PBC(str(pbc_root), split='dev', pipeline=[])
    with pytest.raises(InputError, match="no class 'basophile'"):
        PBC(str(pbc_root), classes=('basophile',), pipeline=[])


def test_an_image_that_the_split_file_lacks(pbc_root, tmp_path):
    split_file = tmp_path / 'split.csv'
    PBC(str(pbc_root), 'train', str(split_file), pipeline=[])
    shutil.copy(pbc_root / 'ig' / 'IG_1.jpg', pbc_root / 'ig' / 'IG_new.jpg')
    with pytest.raises(InputError, match='lacks 1 of the images') as caught:
        PBC(str(pbc_root), 'train', str(split_file), pipeline=[])
    assert 'IG_new.jpg' in str(caught.value)
    assert str(split_file) in str(caught.value)
    # all images need no split
    assert len(PBC(str(pbc_root), None, str(split_file), pipeline=[])) == 81


def truncate(path):
    noise = np.random.default_rng(0).integers(0, 255, (363, 360, 3))
    Image.fromarray(noise.astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:20000])


def empty(path):
    path.write_bytes(b'')


def text(path):
    path.write_text('This is not an image.\n' * 50)


@pytest.mark.parametrize('spoil', [truncate, empty, text])
def test_a_broken_image_ends_the_run_or_is_left_out(pbc_root, spoil):
    path = pbc_root / 'monocyte' / 'MONOCYTE_3.jpg'
    spoil(path)
    options = dict(
        data_root=str(pbc_root), classes=('monocyte',), pipeline=LOAD
    )
    dataset = PBC(**options)
    assert len(dataset) == 10
    with pytest.raises(InputError, match='cannot be read') as caught:
        list(dataset)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)

    dataset = PBC(skip_broken=True, **options)
    assert len(dataset) == len(list(dataset)) == 9
    assert 'PBC/MONOCYTE_3.jpg' not in ids(dataset)


def test_leaving_out_is_said(pbc_root, log):
    empty(pbc_root / 'ig' / 'IG_7.jpg')
    PBC(str(pbc_root), skip_broken=True, pipeline=LOAD)
    (warning,) = (r.getMessage() for r in log if r.levelname == 'WARNING')
    assert f'skipped: image {pbc_root / "ig" / "IG_7.jpg"}' in warning


def test_a_broken_image_in_a_loader_worker(pbc_root, capsys):
    from daffnet_lite.utils.command_line import one_sentence_errors

    path = pbc_root / 'ig' / 'IG_0.jpg'
    truncate(path)
    loader = DataLoader(
        PBC(str(pbc_root), classes=('ig',), pipeline=LOAD),
        batch_size=5,
        num_workers=1,
        collate_fn=pseudo_collate,
        multiprocessing_context='fork',
    )
    with pytest.raises(SystemExit) as caught, one_sentence_errors():
        list(loader)
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f'error: image {path} cannot be read (')


def test_real_cells(real):
    root = real('pbc/PBC_dataset_normal_DIB')
    eight = PBC(str(root), pipeline=LOAD)
    assert counts(eight) == [869, 2190, 500, 500, 847, 975, 2318, 500]
    five = PBC(str(root), classes=WBC5_CLASSES, pipeline=LOAD)
    assert len(five) == 7199
    assert (root / 'neutrophil' / '.DS_169665.jpg').exists()
    assert not any('.DS_' in name for name in ids(five))
    assert five[0]['img'].shape == (363, 360, 3)
    parts = [
        PBC(str(root), split, classes=WBC5_CLASSES, pipeline=[])
        for split in PARTS
    ]
    assert sum(map(len, parts)) == 7199
    assert abs(len(parts[0]) - 0.6 * 7199) <= 5
    for part in parts:
        restricted = ids(PBC(str(root), part.split, pipeline=[]))
        assert ids(part) < restricted


def test_an_image_name_in_two_class_folders(pbc_root):
    image = next((pbc_root / 'monocyte').glob('*.jpg'))
    (pbc_root / 'platelet' / image.name).write_bytes(image.read_bytes())
    with pytest.raises(InputError, match=f'{image.name} as monocyte and as'):
        PBC(data_root=str(pbc_root))
