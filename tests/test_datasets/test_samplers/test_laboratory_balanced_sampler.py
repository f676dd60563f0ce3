from collections import Counter

import pytest
from cell_trees import raabin
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATA_SAMPLERS, DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets.sample_infos import image_ids


@pytest.fixture
def mixed(pbc_root, tmp_path):
    init_default_scope('mmpretrain')
    pbc = dict(type='PBC', data_root=str(pbc_root), classes=WBC5_CLASSES)
    few = dict(type='StratifiedSubset', most=2, dataset=pbc)
    parts = [few, dict(type='RaabinWBC', data_root=str(raabin(tmp_path)))]
    return DATASETS.build(dict(type='MixedDataset', datasets=parts))


def build(dataset, **kwargs):
    return DATA_SAMPLERS.build(
        dict(
            type='LaboratoryBalancedSampler', dataset=dataset, seed=0, **kwargs
        )
    )


def drawn(sampler, dataset, epoch=0):
    sampler.set_epoch(epoch)
    names = image_ids(dataset)
    return [names[index] for index in sampler]


def test_laboratories_come_equally_often(mixed):
    # ten cells of PBC, 54 of Raabin-WBC
    assert len(mixed) == 64
    sampler = build(mixed)
    names = drawn(sampler, mixed)
    assert len(names) == len(sampler) == 64
    counts = Counter(name.partition('/')[0] for name in names)
    assert counts == dict(PBC=32, RaabinWBC=32)
    times = Counter(names)
    assert {times[n] for n in image_ids(mixed)[:10]} == {3, 4}
    assert max(times[n] for n in image_ids(mixed)[10:]) == 1
    assert drawn(sampler, mixed) == names
    assert drawn(sampler, mixed, 1) != names


def test_a_number_of_ones_own(mixed):
    assert len(build(mixed, samples_per_laboratory=7)) == 14
    with pytest.raises(
        InputError, match='LaboratoryBalancedSampler: .*laboratories is 0'
    ):
        build(mixed, samples_per_laboratory=0)
