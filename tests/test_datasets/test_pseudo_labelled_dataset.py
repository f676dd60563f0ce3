import json

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from torch.utils.data import DataLoader

from daffnet_mm.datasets import PBC, PseudoLabelledDataset
from daffnet_mm.datasets.pseudo_labels import PseudoLabels, file_sha256
from daffnet_mm.errors import InputError
from daffnet_mm.structures import (
    ATTRIBUTE_SIZES,
    PBC8_CLASSES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)

PIPELINE = [
    dict(type='LoadCellImage'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
]


def scores_of(values, confidence):
    """31 probabilities: `confidence` for each value, the rest shared."""
    scores = []
    for value, size in zip(values, ATTRIBUTE_SIZES, strict=True):
        part = [(1 - confidence) / (size - 1)] * size
        part[value] = confidence
        scores += part
    return scores


def first_values(number):
    return [number % size for size in ATTRIBUTE_SIZES]


@pytest.fixture
def label_file(tmp_path):
    """Labels of `pbc_root`: number n has the n-th values, at 0.5 + n / 20."""
    labels = PseudoLabels('map.pth', 'abc', PBC8_CLASSES)
    for label in PBC8_CLASSES:
        for number in range(10):
            labels.scores[f'PBC/{label.upper()}_{number}.jpg'] = scores_of(
                first_values(number), 0.51 + number / 20)
    labels.save(tmp_path / 'labels.json')
    return str(tmp_path / 'labels.json')


def config(pbc_root, label_file, **kwargs):
    return dict(
        type='PseudoLabelledDataset',
        dataset=dict(type='PBC', data_root=str(pbc_root), pipeline=PIPELINE),
        label_file=label_file,
        **kwargs)


def test_labels_of_both_kinds(pbc_root, label_file):
    dataset = DATASETS.build(config(pbc_root, label_file))
    assert len(dataset) == 80
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    for i in range(80):
        info = dataset.get_data_info(i)
        folder = info['img_path'].split('/')[-2]
        number = int(info['img_path'][-5])
        assert info['gt_attributes'].tolist() == first_values(number)
        assert info['gt_attributes'].dtype == torch.long
        # the true class, or none where WBCAtt does not know it
        label = WBC5_CLASSES.index(folder) if folder in WBC5_CLASSES else -1
        assert info['gt_label'] == label
        assert dataset.get_cat_ids(i) == [label]


def test_the_threshold(pbc_root, label_file):
    dataset = DATASETS.build(config(pbc_root, label_file, threshold=0.7))
    for i in range(80):
        info = dataset.get_data_info(i)
        number = int(info['img_path'][-5])
        # 0.51 + 4 / 20 = 0.71 is the first one above
        expected = first_values(number) if number >= 4 else [-1] * 11
        assert info['gt_attributes'].tolist() == expected


def test_the_threshold_is_for_each_attribute(pbc_root, label_file):
    labels = PseudoLabels.load(label_file)
    name = 'PBC/IG_0.jpg'
    labels.scores[name] = scores_of([0] * 11, 0.9)
    labels.scores[name][:2] = [0.4, 0.6]
    labels.save(label_file)
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), classes=('ig', ), pipeline=[]), label_file, 0.7)
    info = dataset.get_data_info(0)
    assert info['gt_attributes'].tolist() == [-1] + [0] * 10
    # what a caller does to one sample does not reach the next reader
    info['gt_attributes'].fill_(5)
    assert dataset.get_data_info(0)['gt_attributes'].max() == 0


def test_other_classes(pbc_root, label_file):
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), pipeline=[]), label_file,
        classes=('platelet', 'monocyte'))
    labels = {
        info['img_path'].split('/')[-2]: info['gt_label']
        for info in map(dataset.get_data_info, range(80))
    }
    assert labels == {
        name: dict(platelet=0, monocyte=1).get(name, -1)
        for name in PBC8_CLASSES
    }


def test_beside_wbcatt(pbc_root, wbcatt_dir, label_file):
    # as every config does: MMEngine's wrapper builds what it wraps
    init_default_scope('mmpretrain')
    dataset = DATASETS.build(
        dict(
            type='ConcatDataset',
            datasets=[
                dict(
                    type='WBCAtt',
                    data_root=str(pbc_root),
                    ann_dir=str(wbcatt_dir),
                    pipeline=PIPELINE),
                config(pbc_root, label_file),
            ]))
    assert len(dataset) == 45 + 80
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    (batch, ) = DataLoader(
        dataset, batch_size=125, collate_fn=pseudo_collate)
    attributes = torch.stack(
        [sample.gt_attributes for sample in batch['data_samples']])
    assert attributes.shape == (125, 11)
    labels = torch.cat([sample.gt_label for sample in batch['data_samples']])
    assert labels.min() == -1 and (labels == -1).sum() == 30


def test_an_image_without_label(pbc_root, label_file):
    (pbc_root / 'ig' / 'IG_9.jpg').rename(pbc_root / 'ig' / 'IG_11.jpg')
    with pytest.raises(InputError, match='lacks 1 of 80 images') as caught:
        DATASETS.build(config(pbc_root, label_file))
    assert label_file in str(caught.value)
    assert 'PBC/IG_11.jpg' in str(caught.value)


def test_lazy_initialisation(pbc_root, tmp_path):
    missing = str(tmp_path / 'missing.json')
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), pipeline=[], lazy_init=True), missing,
        lazy_init=True)
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    with pytest.raises(InputError, match='tools/pseudo_label.py CONFIG CKPT'):
        dataset.full_init()


@pytest.mark.parametrize(
    'content, message',
    [
        ('', 'is no pseudo label file'),
        ('image,split\n', 'is no pseudo label file'),
        ('{"epoch": 3}', 'is no pseudo label file'),
        ('[]', 'is no pseudo label file'),
    ],
)
def test_another_kind_of_file(tmp_path, content, message):
    path = tmp_path / 'labels.json'
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        PseudoLabels.load(path)
    assert str(path) in str(caught.value)


def test_labels_of_other_attributes(label_file):
    with open(label_file) as file:
        content = json.load(file)
    content['attributes']['cell_size'] = ['small', 'big']
    with open(label_file, 'w') as file:
        json.dump(content, file)
    with pytest.raises(InputError, match='another order of values'):
        PseudoLabels.load(label_file)


def test_files_are_read_as_written(tmp_path):
    path = tmp_path / 'new' / 'labels.json'
    labels = PseudoLabels(
        'map.pth', 'abc', ['x', 'y'], scores={'PBC/ä.jpg': [0.125] * 31})
    labels.save(path)
    read = PseudoLabels.load(path)
    assert read.scores == labels.scores
    assert read.classes == ['x', 'y'] and read.checkpoint == 'map.pth'
    assert list(read.attributes) == list(WBC_ATTRIBUTES)


def test_hash_of_a_file(tmp_path):
    path = tmp_path / 'abc'
    path.write_bytes(b'abc')
    # FIPS 180-2, appendix B.1
    assert file_sha256(path) == (
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
