from collections import Counter

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from mmpretrain.registry import DATA_SAMPLERS

from daffnet_mm.datasets.samplers import class_balanced_sampler
from daffnet_mm.errors import InputError


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


def build(dataset, **kwargs):
    return DATA_SAMPLERS.build(
        dict(type='ClassBalancedSampler', seed=7, **kwargs),
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


def test_chosen_number():
    sampler = build(Labelled(LABELS), samples_per_class=40)
    assert Counter(LABELS[i] for i in sampler) == {0: 40, 1: 40, 2: 40}
    assert len(sampler) == 120


def test_the_order_follows_seed_and_epoch():
    first, second = build(Labelled(LABELS)), build(Labelled(LABELS))
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


@pytest.mark.parametrize('world_size', [2, 7])
def test_distributed(monkeypatch, world_size):
    whole = list(build(Labelled(LABELS)))
    parts = []
    for rank in range(world_size):
        monkeypatch.setattr(
            class_balanced_sampler,
            'get_dist_info',
            lambda rank=rank: (rank, world_size),
        )
        parts.append(list(build(Labelled(LABELS))))
        assert len(parts[-1]) == len(build(Labelled(LABELS)))
    assert len({len(part) for part in parts}) == 1
    together = [i for column in zip(*parts, strict=True) for i in column]
    assert together[:60] == whole
    assert together[60:] == whole[: len(together) - 60]


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
    with pytest.raises(InputError, match='samples_per_class=0'):
        build(Labelled(LABELS), samples_per_class=0)
    several = Labelled([0])
    several.get_cat_ids = lambda idx: [0, 1]
    with pytest.raises(InputError, match='image 0 has 2 classes'):
        build(several)
