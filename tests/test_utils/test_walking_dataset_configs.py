import copy

from mmengine import Config

import daffnet_mm  # noqa: F401
from daffnet_mm.utils.dataset_configs import (
    broken_left_out,
    innermost,
    leave_out_broken,
    pseudo_labelled_datasets,
    rebuild,
    walk,
)

WBCATT, LISC, BCCD = (dict(type=name) for name in ('WBCAtt', 'LISC', 'BCCD'))
LABELLED = [
    dict(type='PseudoLabelledDataset', label_file='a', dataset=LISC),
    dict(
        type='mmpretrain.PseudoLabelledDataset',
        label_file='b',
        dataset=dict(type='StratifiedSubset', dataset=BCCD),
    ),
]
MIXED = dict(
    type='RepeatDataset',
    dataset=dict(type='MixedDataset', datasets=[WBCATT, *LABELLED]),
)


def test_every_level_is_passed_from_the_outside_in():
    assert [d['type'].rpartition('.')[2] for d in walk(MIXED)] == [
        'RepeatDataset',
        'MixedDataset',
        'WBCAtt',
        'PseudoLabelledDataset',
        'LISC',
        'PseudoLabelledDataset',
        'StratifiedSubset',
        'BCCD',
    ]
    assert innermost(MIXED) == [WBCATT, LISC, BCCD]
    assert innermost(LISC) == [LISC]


def test_pseudo_labelled_parts_are_found_under_any_scope():
    found = pseudo_labelled_datasets(MIXED)
    assert [part['label_file'] for part in found] == ['a', 'b']
    # the parts themselves, to be changed in place
    assert found[0] is LABELLED[0]
    assert pseudo_labelled_datasets(WBCATT) == []


def test_a_config_is_rebuilt_and_left_as_it_was():
    before = copy.deepcopy(MIXED)
    changed = rebuild(
        MIXED,
        lambda part: (
            part['dataset'] if 'label_file' in part else dict(part, seen=True)
        ),
    )
    assert before == MIXED
    assert innermost(changed) == [
        dict(part, seen=True) for part in (WBCATT, LISC, BCCD)
    ]
    assert pseudo_labelled_datasets(changed) == []


def test_leaving_out_broken_images():
    own = dict(type='PBC', skip_broken=False)
    other = dict(type='SyntheticWBC')
    mixed = dict(
        type='ConcatDataset',
        datasets=[own, other, dict(type='StratifiedSubset', dataset=BCCD)],
    )
    before = copy.deepcopy(mixed)
    changed = leave_out_broken(mixed)
    assert mixed == before
    assert innermost(changed) == [
        dict(own, test_mode=True),
        other,
        dict(BCCD, skip_broken=True, test_mode=True),
    ]
    # The same as settings on the command line of MMPretrain's script.
    settings = broken_left_out(mixed, 'a.b')
    cfg = Config(dict(a=dict(b=mixed)))
    cfg.merge_from_dict(settings)
    assert cfg.a.b.to_dict() == changed
    assert broken_left_out(other, 'a.b') == {}
