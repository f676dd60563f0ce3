import json

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from torch.utils.data import DataLoader

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.structures import (
    ATTRIBUTE_SIZES,
    PBC8_CLASSES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)
from daffnet_mm.datasets import PBC, PseudoLabelledDataset
from daffnet_mm.datasets.pseudo_labels import FORMAT, PseudoLabels

PIPELINE = [
    dict(type='LoadCellImage'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
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
            name = f'PBC/{label.upper()}_{number}.jpg'
            labels.values[name] = first_values(number)
            labels.scores[name] = scores_of(
                first_values(number), 0.51 + number / 20
            )
    labels.save(tmp_path / 'labels.json')
    return str(tmp_path / 'labels.json')


def config(pbc_root, label_file, **kwargs):
    return dict(
        type='PseudoLabelledDataset',
        dataset=dict(type='PBC', data_root=str(pbc_root), pipeline=PIPELINE),
        label_file=label_file,
        **kwargs,
    )


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
    name = 'PBC/BASOPHIL_0.jpg'
    labels.values[name] = [1] + [0] * 10
    labels.scores[name] = scores_of([0] * 11, 0.9)
    labels.scores[name][:2] = [0.4, 0.6]
    labels.save(label_file)
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), pipeline=[]), label_file, 0.7
    )
    info = dataset.get_data_info(0)
    assert info['gt_attributes'].tolist() == [-1] + [0] * 10
    # what a caller does to one sample does not reach the next reader
    info['gt_attributes'].fill_(5)
    assert dataset.get_data_info(0)['gt_attributes'].max() == 0


def test_the_indices_of_the_file_count(pbc_root, label_file):
    # joint decoding may choose a value that is not the most probable one
    labels = PseudoLabels.load(label_file)
    labels.values['PBC/BASOPHIL_0.jpg'][-1] = 1
    labels.save(label_file)
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), pipeline=[]), label_file
    )
    assert dataset.get_data_info(0)['gt_attributes'].tolist() == [0] * 10 + [1]


def test_options_are_off_by_default(pbc_root, label_file):
    sample = DATASETS.build(config(pbc_root, label_file))[0]['data_samples']
    assert 'attribute_targets' not in sample
    assert 'attribute_weight' not in sample
    assert sample.pseudo_labelled


def test_soft_targets_and_weights(pbc_root, label_file):
    dataset = DATASETS.build(
        config(pbc_root, label_file, soft=True, weight=0.25)
    )
    for i in (0, 13, 79):
        number = int(dataset.get_data_info(i)['img_path'][-5])
        sample = dataset[i]['data_samples']
        assert sample.attribute_weight == 0.25
        torch.testing.assert_close(
            sample.attribute_targets,
            torch.tensor(scores_of(first_values(number), 0.51 + number / 20)),
        )
        assert sample.gt_attributes.tolist() == first_values(number)


def test_soft_targets_above_a_threshold(pbc_root, label_file):
    labels = PseudoLabels.load(label_file)
    name = 'PBC/BASOPHIL_0.jpg'
    labels.scores[name] = scores_of([0] * 11, 0.9)
    labels.scores[name][-2:] = [0.6, 0.4]
    labels.save(label_file)
    dataset = DATASETS.build(
        config(pbc_root, label_file, soft=True, threshold=0.7)
    )
    sample = dataset[0]['data_samples']
    assert sample.gt_attributes.tolist() == [0] * 10 + [-1]
    torch.testing.assert_close(
        sample.attribute_targets,
        torch.tensor([*labels.scores[name][:-2], 0.0, 0.0]),
    )


def test_the_loss_of_soft_targets_and_weights(pbc_root, label_file):
    """Eq. (1) by hand, for one pseudo-labelled cell."""
    from mmpretrain.registry import MODELS

    torch.manual_seed(0)
    head = MODELS.build(dict(type='MAPHead', in_channels=4, num_classes=5))
    feature = (torch.randn(1, 4),)
    scores = head.layout.softmax(head(feature)[0])[0]
    for soft, weight in ((True, 1.0), (True, 0.5), (False, 0.5)):
        dataset = DATASETS.build(
            config(pbc_root, label_file, soft=soft, weight=weight)
        )
        sample = dataset[3]['data_samples']
        truth = scores_of(first_values(3), 0.66)
        if not soft:
            truth = scores_of(first_values(3), 1.0)
        expected = -(torch.tensor(truth) * scores.log2()).sum() / 11
        loss = head.loss(feature, [sample])['loss_attribute']
        torch.testing.assert_close(loss, 0.8 * weight * expected)


@pytest.mark.parametrize(
    'wrap',
    [
        lambda part: part,
        lambda part: dict(type='RepeatDataset', times=1, dataset=part),
        lambda part: dict(type='StratifiedSubset', dataset=part),
    ],
)
def test_what_another_pipeline_packs(pbc_root, label_file, wrap):
    """Steps that all parts share are said once, by the dataset around."""
    init_default_scope('mmpretrain')
    part = config(pbc_root, label_file, soft=True, weight=0.25)
    forgotten = dict(type='ForgetAttributes', attributes=['cell_size'])
    part['dataset']['pipeline'] = [PIPELINE[0], forgotten]
    dataset = DATASETS.build(
        dict(type='MixedDataset', datasets=[wrap(part)], pipeline=PIPELINE[1:])
    )
    info = dataset.get_data_info(13)
    number = int(info['img_path'][-5])
    sample = dataset[13]['data_samples']
    assert sample.pseudo_labelled
    assert sample.attribute_weight == 0.25
    torch.testing.assert_close(
        sample.attribute_targets,
        torch.tensor(scores_of(first_values(number), 0.51 + number / 20)),
    )
    # the loss leaves out what is unknown, whatever its target is
    assert sample.gt_attributes.tolist() == [-1, *first_values(number)[1:]]
    assert sample.forgotten_attributes.tolist() == [True] + [False] * 10


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        (dict(threshold=1.5), 'from 0 to 1, but is 1.5'),
        (dict(weight=-1), '0 or more, but is -1'),
        (dict(classes=('a', 'b', 'a')), 'each once, but is a, b, a'),
    ],
)
def test_options_out_of_range(pbc_root, label_file, option, message):
    with pytest.raises(InputError, match=message):
        DATASETS.build(config(pbc_root, label_file, **option))


def test_other_classes(pbc_root, label_file):
    dataset = PseudoLabelledDataset(
        PBC(str(pbc_root), pipeline=[]),
        label_file,
        classes=('platelet', 'monocyte'),
    )
    labels = {
        info['img_path'].split('/')[-2]: info['gt_label']
        for info in map(dataset.get_data_info, range(80))
    }
    assert labels == {
        name: dict(platelet=0, monocyte=1).get(name, -1)
        for name in PBC8_CLASSES
    }


def test_labels_of_other_classes(pbc_root, label_file):
    mature = dict(
        type='PBC',
        data_root=str(pbc_root),
        classes=WBC5_CLASSES,
        pipeline=PIPELINE,
    )
    with pytest.raises(
        InputError,
        match='made for the classes basophil, eosinophil, erythroblast',
    ) as caught:
        PseudoLabelledDataset(mature, label_file)
    assert label_file in str(caught.value)


def test_beside_wbcatt(pbc_root, wbcatt_dir, label_file):
    # as every config does: MMEngine's wrapper builds what it wraps
    init_default_scope('mmpretrain')
    dataset = DATASETS.build(
        dict(
            type='MixedDataset',
            datasets=[
                dict(
                    type='WBCAtt',
                    data_root=str(pbc_root),
                    ann_dir=str(wbcatt_dir),
                    pipeline=PIPELINE,
                ),
                config(pbc_root, label_file),
            ],
        )
    )
    assert len(dataset) == 45 + 80
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    (batch,) = DataLoader(dataset, batch_size=125, collate_fn=pseudo_collate)
    attributes = torch.stack(
        [sample.gt_attributes for sample in batch['data_samples']]
    )
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
        PBC(str(pbc_root), pipeline=[], lazy_init=True),
        missing,
        lazy_init=True,
    )
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    with pytest.raises(InputError, match='tools/pseudo_label.py CONFIG CKPT'):
        dataset.full_init()


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('', 'not a whole one'),
        ('image,split\n', 'not a whole one'),
        ('{"epoch": 3}', 'is no pseudo label file of this version'),
        ('[]', 'is no pseudo label file'),
        (json.dumps(dict(format=FORMAT, epoch=3)), 'is no pseudo label file'),
        # what version 1 wrote
        (
            (
                '{"checkpoint": "a", "checkpoint_sha256": "b", "classes": [], '
                '"attributes": {}, "scores": {}}'
            ),
            'of this version',
        ),
    ],
)
def test_another_kind_of_file(tmp_path, content, message):
    path = tmp_path / 'labels.json'
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        PseudoLabels.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize('share', [0.1, 0.5, 0.999])
def test_a_truncated_file(label_file, share):
    with open(label_file) as file:
        content = file.read()
    with open(label_file, 'w') as file:
        file.write(content[: int(share * len(content))])
    with pytest.raises(InputError, match='not a whole one') as caught:
        PseudoLabels.load(label_file)
    assert label_file in str(caught.value)


def rewrite(path, change):
    """Change a label file's content in place."""
    with open(path) as file:
        content = json.load(file)
    change(content)
    with open(path, 'w') as file:
        json.dump(content, file)


@pytest.mark.parametrize(
    'change',
    [
        lambda a: a.update(cell_size=['small', 'big']),
        lambda a: a.update(lobes=['one', 'two']),
        lambda a: a.pop('granularity'),
        # the same, in another order
        lambda a: a.update(cell_size=a.pop('cell_size')),
    ],
)
def test_labels_of_other_attributes(label_file, change):
    rewrite(label_file, lambda content: change(content['attributes']))
    with pytest.raises(InputError, match='another order of values'):
        PseudoLabels.load(label_file)


def first_image(content, key):
    return content[key]['PBC/BASOPHIL_1.jpg']


@pytest.mark.parametrize(
    'change',
    [
        lambda c: first_image(c, 'values').__setitem__(0, 2),
        lambda c: first_image(c, 'values').__setitem__(0, -1),
        lambda c: first_image(c, 'values').__setitem__(0, 0.5),
        lambda c: first_image(c, 'values').pop(),
        lambda c: first_image(c, 'scores').pop(),
        lambda c: first_image(c, 'scores').__setitem__(3, 0.9),
        lambda c: first_image(c, 'scores').__setitem__(3, float('nan')),
        lambda c: first_image(c, 'scores').__setitem__(3, 'x'),
        lambda c: c['values'].pop('PBC/IG_0.jpg'),
        lambda c: c.update(scores=None),
    ],
)
def test_a_damaged_file(label_file, change):
    rewrite(label_file, change)
    with pytest.raises(InputError, match='is damaged') as caught:
        PseudoLabels.load(label_file)
    assert label_file in str(caught.value)


def test_files_are_read_as_written(tmp_path):
    path = tmp_path / 'new' / 'labels.json'
    labels = PseudoLabels(
        'map.pth',
        'abc',
        ['x', 'y'],
        values={'PBC/ä.jpg': first_values(1)},
        scores={'PBC/ä.jpg': scores_of(first_values(1), 0.75)},
    )
    labels.save(path)
    read = PseudoLabels.load(path)
    assert read.scores == labels.scores and read.values == labels.values
    assert read.classes == ['x', 'y'] and read.checkpoint == 'map.pth'
    assert list(read.attributes) == list(WBC_ATTRIBUTES)


def test_hash_of_a_file(tmp_path):
    path = tmp_path / 'abc'
    path.write_bytes(b'abc')
    # FIPS 180-2, appendix B.1
    assert file_sha256(path) == (
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    )
