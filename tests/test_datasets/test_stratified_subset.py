from collections import Counter

import pytest
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.sample_infos import image_ids
from daffnet_mm.datasets.stratified_subset import StratifiedSubset


def subset(root, fraction, **kwargs):
    return DATASETS.build(
        dict(
            type='StratifiedSubset',
            fraction=fraction,
            dataset=dict(
                type='PBC',
                data_root=str(root),
                pipeline=[dict(type='LoadCellImage'), dict(type='PackInputs')],
            ),
            **kwargs,
        )
    )


@pytest.mark.parametrize('fraction', [0.1, 0.3, 1])
def test_a_share_of_each_class(pbc_root, fraction):
    part = subset(pbc_root, fraction)
    counts = Counter(part.get_cat_ids(i)[0] for i in range(len(part)))
    assert counts == dict.fromkeys(range(8), 10 * fraction)
    assert part.metainfo['classes'] == part.dataset.metainfo['classes']


def test_share_and_rest_are_the_whole(pbc_root):
    part, rest = subset(pbc_root, 0.3), subset(pbc_root, 0.3, rest=True)
    assert set(image_ids(part)).isdisjoint(image_ids(rest))
    assert sorted(image_ids(part) + image_ids(rest)) == sorted(
        image_ids(part.dataset)
    )
    # samples belong to the names
    for dataset in (part, rest):
        for i, name in enumerate(image_ids(dataset)):
            path = dataset[i]['data_samples'].img_path
            assert name == f'PBC/{path.split("/")[-1]}'


def test_a_larger_share_holds_the_smaller(pbc_root):
    shares = [set(image_ids(subset(pbc_root, f))) for f in (0.1, 0.2, 0.5)]
    assert shares[0] < shares[1] < shares[2]
    assert shares[1] != set(image_ids(subset(pbc_root, 0.2, seed=1)))
    assert shares[1] == set(image_ids(subset(pbc_root, 0.2)))


def test_at_most_so_many_of_each_class(pbc_root):
    four, half = subset(pbc_root, 1, most=4), subset(pbc_root, 0.5, most=7)
    for part, most in ((four, 4), (half, 5)):
        counts = Counter(part.get_cat_ids(i)[0] for i in range(len(part)))
        assert counts == dict.fromkeys(range(8), most)
    # the first by the hash, as a share has them
    assert set(image_ids(four)) < set(image_ids(half))
    rest = subset(pbc_root, 1, most=4, rest=True)
    assert len(rest) == 48
    assert set(image_ids(rest)).isdisjoint(image_ids(four))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(fraction=1, most=0), 'most of .* must be 1 or more, but is 0'),
        (dict(fraction=0), 'above 0'),
        (dict(fraction=1.1), 'at most 1'),
        (dict(fraction=0.01), 'holds none'),
        (dict(fraction=1, rest=True), 'the rest after a share'),
    ],
)
def test_what_cannot_be(pbc_root, options, message):
    with pytest.raises(InputError, match=message):
        subset(pbc_root, **options)


def test_reading_can_wait(pbc_root):
    part = StratifiedSubset(
        dict(type='PBC', data_root=str(pbc_root / 'x'), lazy_init=True),
        0.5,
        lazy_init=True,
    )
    with pytest.raises(InputError, match='does not exist'):
        part.full_init()
