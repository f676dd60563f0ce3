import itertools
import math

import pytest
import torch

from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC_ATTRIBUTES
from daffnet_mm.models.utils import AttributeLayout, EquivalentValues

NAMES = list(WBC_ATTRIBUTES)
NONE = (1, 0, 0)  # type nil, colour nil, granularity no


def test_decoding_against_all_combinations():
    torch.manual_seed(0)
    layout = AttributeLayout(ATTRIBUTE_SIZES)
    scores = layout.softmax(2 * torch.randn(300, 31))
    decoded = EquivalentValues(WBC_ATTRIBUTES).decode(layout.pad(scores))
    plain = layout.pad(scores).argmax(-1)
    assert torch.equal(decoded[:, :8], plain[:, :8])
    changed = 0
    for row, values, own in zip(scores, decoded, plain, strict=True):
        parts = row.split(ATTRIBUTE_SIZES)[8:]
        allowed = [
            combination
            for combination in itertools.product(*map(range, (4, 4, 2)))
            if len({v == n for v, n in zip(combination, NONE, strict=True)})
            == 1
        ]
        assert len(allowed) == 1 + 3 * 3 * 1
        best = max(
            allowed,
            key=lambda c: math.prod(
                float(part[v]) for part, v in zip(parts, c, strict=True)
            ),
        )
        assert tuple(values[8:].tolist()) == best
        if tuple(own[8:].tolist()) in allowed:
            assert torch.equal(values, own)
        else:
            changed += 1
    assert changed > 50


def test_other_attributes():
    attributes = dict(a=('x', 'y'), b=('u', 'v', 'w'), c=('s', 't'))
    rule = EquivalentValues(attributes, dict(a='y', b='w'))
    layout = AttributeLayout((2, 3, 2))
    scores = torch.tensor([[0.4, 0.6, 0.5, 0.1, 0.4, 0.3, 0.7]])
    # together .6 x .4, apart .4 x .5
    assert rule.decode(layout.pad(scores)).tolist() == [[1, 2, 1]]
    scores[0, 4] = 0.3
    assert rule.decode(layout.pad(scores)).tolist() == [[0, 0, 1]]
    with_, without = rule.log_probs(layout.pad(scores.log()))
    torch.testing.assert_close(with_.exp(), torch.tensor([[0.6, 0.3]]))
    torch.testing.assert_close(without.exp(), torch.tensor([[0.4, 0.6]]))


def test_rules_that_do_not_fit():
    with pytest.raises(ValueError, match="granularity='none'"):
        EquivalentValues(
            WBC_ATTRIBUTES, dict(granularity='none', granule_type='nil')
        )
    with pytest.raises(ValueError, match='at least two'):
        EquivalentValues(WBC_ATTRIBUTES, dict(granularity='no'))


def test_adds_nothing_to_a_checkpoint():
    assert not EquivalentValues(WBC_ATTRIBUTES).state_dict()
