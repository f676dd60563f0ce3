import pytest
from cell_trees import raabin
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets.sample_infos import image_groups, image_ids


@pytest.fixture
def parts(pbc_root, tmp_path):
    init_default_scope('mmpretrain')
    return (
        dict(type='PBC', data_root=str(pbc_root), pipeline=[]),
        dict(type='RaabinWBC', data_root=str(raabin(tmp_path)), pipeline=[]),
    )


WRAPPERS = dict(
    one=lambda one, other: one,
    several=lambda one, other: dict(type='ConcatDataset', datasets=[one, one]),
    repeated=lambda one, other: dict(
        type='RepeatDataset', times=3, dataset=one
    ),
    balanced=lambda one, other: dict(
        type='ClassBalancedDataset', oversample_thr=0.9, dataset=other
    ),
    some=lambda one, other: dict(
        type='StratifiedSubset', fraction=0.5, dataset=other
    ),
    fold=lambda one, other: dict(
        type='KFoldDataset', fold=1, num_splits=3, dataset=one
    ),
    nested=lambda one, other: dict(
        type='MixedDataset',
        datasets=[
            dict(
                type='RepeatDataset',
                times=2,
                dataset=dict(one, classes=WBC5_CLASSES),
            ),
            other,
        ],
    ),
)


@pytest.mark.parametrize('wrapper', WRAPPERS)
def test_ids_are_those_of_the_samples(parts, wrapper):
    dataset = DATASETS.build(WRAPPERS[wrapper](*parts))
    found = image_ids(dataset)
    assert len(found) == len(dataset) > 0
    for place, name in enumerate(found):
        info = dataset.get_data_info(place)
        assert name == (info.get('image_id') or info['img_path']), place
    assert set(image_groups(dataset)) == set(found)


def test_a_wrapper_that_nobody_knows_is_refused(parts):
    class Half:
        def __init__(self, dataset):
            self.dataset = dataset

        def __len__(self):
            return len(self.dataset) // 2

    dataset = Half(DATASETS.build(parts[0]))
    with pytest.raises(InputError, match='Half has .* nothing tells which'):
        image_ids(dataset)
