"""Limits that keep to their share, and reasons in words."""

import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.review import OpenSet, ReviewRule, View
from daffnet_lite.review.review_rule import CRITERIA, Limit

USUAL = View(0.22, 5.0, 1, 0.9)


def home(number=1000, seed=0, others=True):
    """Cells of two classes, their open set, probabilities and views."""
    rng = np.random.default_rng(seed)
    labels = np.arange(number) % 2
    features = rng.standard_normal((number, 8)).astype(np.float32)
    features[:, 0] += 4 * labels
    kinds = {}
    if others:
        kinds['ig'] = features[:200] + np.float32([0, 5, 0, 0, 0, 0, 0, 0])
    open_set = OpenSet.fit(features, labels, kinds)
    probabilities = 1 - 0.3 * rng.random(number) ** 4
    views = [
        View(size, 5 + sharp, 1, 0.9)
        for size, sharp in zip(
            rng.uniform(0.18, 0.3, number), rng.random(number), strict=True
        )
    ]
    return open_set, views, probabilities, features


def shares(rule, views, probabilities, features):
    verdicts = rule.judge(views, probabilities, features)
    return np.array([bool(v.review) for v in verdicts])


@pytest.mark.parametrize('share', [0.0, 0.005, 0.02, 0.1])
def test_no_more_than_the_share_is_refused(share):
    cells = home()
    rule = ReviewRule.fit(*cells, share=share)
    refused = shares(rule, *cells[1:]).mean()
    assert refused <= share
    # and hardly less
    assert refused >= share - 0.004
    # as many, more or less, of cells that it was not fitted to
    other = home(seed=1)[1:]
    assert shares(rule, *other).mean() == pytest.approx(share, abs=0.02)


def test_of_further_cells_no_more_than_the_share_is_expected():
    """Limits suit the cells that they were chosen on better than others."""
    open_set, *_ = home()
    further = home(5000, seed=1)[1:]
    refused = []
    for seed in range(2, 42):
        rule = ReviewRule.fit(open_set, *home(300, seed)[1:], share=0.02)
        refused.append(shares(rule, *further).mean())
    assert np.mean(refused) == pytest.approx(0.02, abs=0.002)


def test_other_cells_are_refused():
    open_set, views, probabilities, features = home()
    rule = ReviewRule.fit(open_set, views, probabilities, features)
    strange = features[:300] + np.float32([0, 5, 0, 0, 0, 0, 0, 0])
    verdicts = rule.judge(views[:300], np.ones(300), strange)
    found = [v.review for v in verdicts]
    assert np.mean(['other cell type' in text for text in found]) > 0.95
    far = features[:300] + np.float32(40)
    verdicts = rule.judge(views[:300], np.ones(300), far)
    assert all('unfamiliar' in v.review for v in verdicts)


def test_without_other_kinds_nothing_is_called_so():
    cells = home(others=False)
    rule = ReviewRule.fit(*cells)
    assert 'other' not in rule.limits and 'distance' in rule.limits
    assert shares(rule, *cells[1:]).mean() <= 0.02


def test_limits_are_never_stricter_than_they_may_be():
    cells = home()
    rule = ReviewRule.fit(*cells, share=0.5)
    for name, pair in rule.limits.items():
        assert pair.limit >= CRITERIA[name].strictest
    # All images are sharp and show one nucleus: that is no reason.
    verdicts = rule.judge(*cells[1:])
    reasons = {r for v in verdicts for r in v.review.split('; ')}
    assert reasons <= {'', 'other cell type', 'unfamiliar', 'unsure'}


def test_who_has_half_of_the_probability_is_sure_enough():
    """However sure the answers at home are, all of which have more."""
    _, views, _, features = cells = home()
    rule = ReviewRule.fit(*cells, share=0.5)
    verdicts = rule.judge(views[:3], np.array([0.49, 0.5, 0.6]), features[:3])
    assert ['unsure' in v.review for v in verdicts] == [True, False, False]


def test_a_model_that_knows_small_things_bears_with_them():
    """Such as platelets, where they are a class of the training."""
    open_set, views, probabilities, features = home()
    small = [view._replace(nucleus=0.08) for view in views[:300]]
    rule = ReviewRule.fit(
        open_set, [*small, *views[300:]], probabilities, features
    )
    assert rule.limits['nucleus'].limit >= -0.08
    verdicts = rule.judge(small, probabilities[:300], features[:300])
    assert np.mean([bool(v.review) for v in verdicts]) < 0.05


def test_reasons_are_joined_in_order():
    rule = ReviewRule(
        dict(
            nucleus=Limit(-0.12, -0.22),
            concentration=Limit(-0.125, -0.9),
            cells=Limit(1.5, 1.0),
            sharpness=Limit(-2.6, -5.0),
            probability=Limit(-0.8, -1.0),
        )
    )
    views = [
        USUAL,
        View(0.22, 1.0, 3, 0.5),
        View(0.0, np.inf, 0, 1.0),
        View(0.05, 1.0, 1, 0.05),
        USUAL,
        View(0.3, 5.0, 1, 0.1),
    ]
    verdicts = rule.judge(
        views, np.array([1.0, 0.5, 0.9, 0.9, 0.79, 0.9]), None
    )
    assert [v.review for v in verdicts] == [
        '',
        'several cells; blurred; unsure',
        'not a cell',
        'not a cell; blurred',
        'unsure',
        'not a cell',
    ]
    assert [v.score > 0 for v in verdicts] == [False, *5 * [True]]
    assert verdicts[0].score == pytest.approx(-1)


def test_the_score_is_above_0_with_a_reason_and_only_then():
    cells = home(seed=3)
    rule = ReviewRule.fit(*home(), share=0.1)
    for verdict in rule.judge(*cells[1:]):
        assert (verdict.score > 0) == bool(verdict.review)


def test_a_model_without_a_rule_is_unsure_below_08():
    rule = ReviewRule.unfitted()
    assert not rule.needs_views and rule.open_set is None
    verdicts = rule.judge(None, np.array([0.79, 0.8, 1.0]), None)
    assert [v.review for v in verdicts] == ['unsure', '', '']


def test_it_comes_back():
    cells = home()
    rule = ReviewRule.fit(*cells)
    again = ReviewRule.from_dict(rule.to_dict())
    assert again.needs_views
    assert again.judge(*cells[1:]) == rule.judge(*cells[1:])


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        (None, 'no dict with limits'),
        ([], 'no dict with limits'),
        (dict(limits=[1]), 'no dict with limits'),
        (dict(limits=dict(taste=[0, 1])), "limit for 'taste'"),
        (dict(limits=dict(cells=[0])), 'limit for cells is no pair'),
        (dict(limits=dict(cells=['a', 1])), 'limit for cells is no pair'),
        (dict(limits=dict(cells=[float('nan'), 1])), 'limit for cells'),
        (dict(limits=dict(other=[0, 1])), 'but no open_set'),
        (dict(limits={}, open_set=5), 'open_set is incomplete'),
    ],
)
def test_what_is_damaged_gets_a_sentence(values, message):
    with pytest.raises(InputError, match=message):
        ReviewRule.from_dict(values)


def test_there_must_be_cells():
    open_set, *_ = home()
    with pytest.raises(InputError, match='no cells on which'):
        ReviewRule.fit(open_set, [], np.zeros(0), np.zeros((0, 8)))
