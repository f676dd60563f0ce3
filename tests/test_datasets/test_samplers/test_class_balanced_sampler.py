import math
from collections import Counter

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from mmpretrain.registry import DATA_SAMPLERS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.samplers import class_balanced_sampler


class Labelled(BaseDataset):
    """Nothing but labels."""

    def __init__(self, labels):
        self.labels = labels
        super().__init__(lazy_init=False)

    def load_data_list(self):
        return [dict(gt_label=label) for label in self.labels]

    def get_cat_ids(self, idx):
        return [self.get_data_info(idx)['gt_label']]


LABELS = [0] * 3 + [1] * 40 + [2] * 17


def build(dataset, samples_per_class='mean', **kwargs):
    return DATA_SAMPLERS.build(
        dict(
            type='ClassBalancedSampler',
            seed=7,
            samples_per_class=samples_per_class,
            **kwargs,
        ),
        default_args=dict(dataset=dataset),
    )


def test_each_class_equally():
    sampler = build(Labelled(LABELS))
    drawn = list(sampler)
    assert len(drawn) == len(sampler) == 60
    assert Counter(LABELS[i] for i in drawn) == {0: 20, 1: 20, 2: 20}
    counts = Counter(drawn)
    # 20 = 6 * 3 + 2: no cell of a rare class falls behind
    assert sorted(counts[i] for i in range(3)) == [6, 7, 7]
    assert max(counts[i] for i in range(3, 43)) == 1
    assert sorted(counts[i] for i in range(43, 60)) == [1] * 14 + [2] * 3
    # classes come mixed
    assert len({LABELS[i] for i in drawn[:12]}) == 3


def test_rare_classes_are_filled_up_to_the_largest():
    """The default: no image of the largest class is dropped."""
    sampler = DATA_SAMPLERS.build(
        dict(type='ClassBalancedSampler', seed=7),
        default_args=dict(dataset=Labelled([-1] * 5 + LABELS)),
    )
    drawn = list(sampler)
    assert len(drawn) == len(sampler) == 5 + 3 * 40
    counts = Counter(drawn)
    assert {counts[i] for i in range(5)} == {1}
    # 40 = 13 * 3 + 1 = 2 * 17 + 6
    assert sorted(counts[i] for i in range(5, 8)) == [13, 13, 14]
    assert [counts[i] for i in range(8, 48)] == [1] * 40
    assert sorted(counts[i] for i in range(48, 65)) == [2] * 11 + [3] * 6


def test_length_of_an_epoch_of_ldwbc():
    """100 epochs in batches of 16 are 196,300 steps."""
    # The training parts, 3 of 5, of the release's classes.
    release = dict(b=224, e=539, l=10445, m=968, n=10469)
    labels = [c for c in release for _ in range(round(0.6 * release[c]))]
    labels = [sorted(release).index(c) for c in labels]
    sampler = DATA_SAMPLERS.build(
        dict(type='ClassBalancedSampler', seed=7),
        default_args=dict(dataset=Labelled(labels)),
    )
    assert 100 * math.ceil(len(sampler) / 16) == 196_300


def test_chosen_number():
    sampler = build(Labelled(LABELS), samples_per_class=40)
    assert Counter(LABELS[i] for i in sampler) == {0: 40, 1: 40, 2: 40}
    assert len(sampler) == 120


@pytest.mark.parametrize('length', ['mean', 'largest'])
def test_the_order_follows_seed_and_epoch(length):
    first, second = (build(Labelled(LABELS), length) for _ in range(2))
    epochs = []
    for epoch in range(3):
        first.set_epoch(epoch)
        epochs.append(list(first))
    assert epochs[0] != epochs[1] != epochs[2]
    second.set_epoch(2)  # as after --resume
    assert list(second) == epochs[2]
    # over the epochs, common classes show all they have
    seen = set()
    for epoch in range(12):
        first.set_epoch(epoch)
        seen.update(first)
    assert seen == set(range(60))


@pytest.mark.parametrize('length', ['mean', 'largest'])
@pytest.mark.parametrize('world_size', [2, 7])
def test_distributed(monkeypatch, world_size, length):
    whole = list(build(Labelled(LABELS), length))
    parts = []
    for rank in range(world_size):
        monkeypatch.setattr(
            class_balanced_sampler,
            'get_dist_info',
            lambda rank=rank: (rank, world_size),
        )
        sampler = build(Labelled(LABELS), length)
        parts.append(list(sampler))
        assert len(parts[-1]) == len(sampler)
    assert len({len(part) for part in parts}) == 1
    together = [i for column in zip(*parts, strict=True) for i in column]
    assert together[: len(whole)] == whole
    assert together[len(whole) :] == whole[: len(together) - len(whole)]


def test_cells_without_class_come_once():
    labels = [-1] * 9 + LABELS
    counts = Counter(build(Labelled(labels)))
    assert [counts[i] for i in range(9)] == [1] * 9
    drawn = Counter(labels[i] for i in counts.elements())
    assert drawn == {-1: 9, 0: 20, 1: 20, 2: 20}


def test_wrapped_datasets():
    parts = [Labelled([0] * 5 + [1]), Labelled([-1, 1, 1])]
    sampler = build(ConcatDataset(parts))
    labels = [0] * 5 + [1, -1, 1, 1]
    assert Counter(labels[i] for i in sampler) == {-1: 1, 0: 4, 1: 4}
    sampler = build(RepeatDataset(parts[0], times=2))
    assert Counter((labels[:6] * 2)[i] for i in sampler) == {0: 6, 1: 6}


def test_what_it_refuses():
    with pytest.raises(InputError, match='no image of the dataset has a cl'):
        build(Labelled([-1, -1]))
    with pytest.raises(InputError, match='of each of the classes is 0'):
        build(Labelled(LABELS), samples_per_class=0)
    with pytest.raises(InputError, match="classes is 'median'"):
        build(Labelled(LABELS), samples_per_class='median')
    several = Labelled([0])
    several.get_cat_ids = lambda idx: [0, 1]
    with pytest.raises(InputError, match='image 0 has 2 classes'):
        build(several)
