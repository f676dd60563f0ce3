import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES
from daffnet_mm.datasets.taxonomy_dataset import MixedDataset

PIPELINE = [
    dict(type='LoadCellImage'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
SIX = ('erythroblast', *reversed(WBC5_CLASSES))


@pytest.fixture(autouse=True)
def scope():
    # MMEngine's wrappers build what they wrap
    init_default_scope('mmpretrain')


def pbc(root, **kwargs):
    return dict(type='PBC', data_root=str(root), pipeline=PIPELINE, **kwargs)


def wbcatt(root, folder):
    return dict(
        type='WBCAtt',
        data_root=str(root),
        ann_dir=str(folder),
        pipeline=PIPELINE,
    )


def test_labels_go_by_name(pbc_root):
    dataset = DATASETS.build(
        dict(type='TaxonomyDataset', classes=SIX, dataset=pbc(pbc_root))
    )
    assert len(dataset) == 80
    assert dataset.metainfo['classes'] == SIX
    for i in range(80):
        name = dataset.get_data_info(i)['img_path'].split('/')[-2]
        expected = SIX.index(name) if name in SIX else -1
        assert dataset.get_cat_ids(i) == [expected]
        assert dataset[i]['data_samples'].gt_label.tolist() == [expected]


def test_finer_types_are_joined(pbc_root):
    # PBC's immature granulocytes are no neutrophils; Labelled's bands are
    dataset = DATASETS.build(
        dict(
            type='TaxonomyDataset',
            dataset=dict(
                type='CustomDataset',
                data_root=str(pbc_root),
                pipeline=[],
                classes=[
                    'basophil',
                    'eosinophil',
                    'myeloblast',
                    'metamyelocyte',
                    'lymphocyte',
                    'neutrophil_band',
                    'neutrophil_segment',
                    'normoblast',
                ],
            ),
        )
    )
    labels = [dataset.get_cat_ids(10 * i)[0] for i in range(8)]
    assert labels == [0, 1, -1, -1, 2, 4, 4, -1]


def test_a_cell_outside_teaches_attributes_only(pbc_root, wbcatt_dir):
    from mmpretrain.registry import MODELS

    torch.manual_seed(0)
    dataset = DATASETS.build(
        dict(
            type='TaxonomyDataset',
            classes=('monocyte', 'neutrophil'),
            dataset=wbcatt(pbc_root, wbcatt_dir),
        )
    )
    samples = [dataset[i]['data_samples'] for i in (0, 1)]
    assert [s.gt_label.item() for s in samples] == [-1, -1]
    head = MODELS.build(dict(type='MAPHead', in_channels=4, num_classes=2))
    losses = head.loss((torch.randn(2, 4),), samples)
    assert losses['loss_class'] == 0
    assert losses['loss_attribute'] > 0


def test_several_datasets_of_one_taxonomy(pbc_root, wbcatt_dir):
    mixed = DATASETS.build(
        dict(
            type='MixedDataset',
            classes=SIX,
            datasets=[
                dict(type='TaxonomyDataset', classes=SIX, dataset=part)
                for part in (wbcatt(pbc_root, wbcatt_dir), pbc(pbc_root))
            ],
        )
    )
    assert len(mixed) == 45 + 80
    assert mixed.metainfo == dict(classes=SIX)
    names = dict.fromkeys(range(-1, 6), ())
    for i in range(125):
        info = mixed.get_data_info(i)
        names[info['gt_label']] += (info['img_path'].split('/')[-2],)
    assert set(names[-1]) == {'ig', 'platelet'}
    for label, name in enumerate(SIX):
        assert set(names[label]) == {name}


def test_what_follows_is_the_same_for_all_parts(pbc_root, wbcatt_dir):
    def part(dataset, edge):
        load = dict(type='LoadCellImage')
        return dict(dataset, pipeline=[load, dict(type='Resize', scale=edge)])

    mixed = DATASETS.build(
        dict(
            type='MixedDataset',
            datasets=[
                part(wbcatt(pbc_root, wbcatt_dir), (8, 8)),
                part(pbc(pbc_root, classes=WBC5_CLASSES), (6, 6)),
            ],
            pipeline=[
                dict(type='Pad', size=(10, 10), pad_val=9),
                dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
            ],
        )
    )
    first, last = mixed[0], mixed[len(mixed) - 1]
    for sample, inner in ((first, 8), (last, 6)):
        inputs = sample['inputs']
        assert inputs.shape == (3, 10, 10)
        assert (inputs[:, inner:] == 9).all()
        assert not (inputs[:, :inner, :inner] == 9).all()
    assert first['data_samples'].gt_attributes.min() >= 0
    assert last['data_samples'].gt_attributes.tolist() == [-1] * 11


@pytest.mark.parametrize(
    'classes', [PBC8_CLASSES, WBC5_CLASSES[::-1], WBC5_CLASSES[:4]]
)
def test_mixed_class_orders_are_refused(pbc_root, wbcatt_dir, classes):
    with pytest.raises(InputError) as caught:
        DATASETS.build(
            dict(
                type='MixedDataset',
                datasets=[
                    wbcatt(pbc_root, wbcatt_dir),
                    pbc(pbc_root, classes=classes),
                ],
            )
        )
    message = str(caught.value)
    assert 'datasets[1] (PBC)' in message
    assert ', '.join(classes) in message
    assert 'TaxonomyDataset' in message


def test_the_declared_taxonomy_counts(pbc_root, wbcatt_dir):
    with pytest.raises(InputError, match=r'datasets\[0\] \(WBCAtt\)'):
        MixedDataset([wbcatt(pbc_root, wbcatt_dir)], classes=SIX)


@pytest.mark.parametrize('classes', [(), ('a', 'b', 'a')])
def test_a_taxonomy_names_each_class_once(classes):
    with pytest.raises(InputError, match='each once'):
        MixedDataset([], classes=classes)
