"""Both scores against their definitions, and what is read back."""

import copy

import numpy as np
import pytest
import torch
from scipy.spatial.distance import mahalanobis
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from daffnet_lite.errors import InputError
from daffnet_lite.review import OpenSet
from daffnet_lite.review.open_set import DIRECTIONS, STRENGTH


def cells(width=50, number=400, seed=0):
    """Three classes with one covariance, and two other kinds."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((width, width)) / np.arange(1, width + 1)
    centres = 2 * rng.standard_normal((5, width))
    labels = np.arange(5 * number) % 5
    noise = rng.standard_normal((5 * number, width)) @ mixing.T
    features = (centres[labels] + noise).astype(np.float32)
    known = labels < 3
    others = dict(ig=features[labels == 3], platelet=features[labels == 4])
    return features[known], labels[known], others


def test_distance_is_mahalanobis_with_the_fitted_covariance():
    features, labels, _ = cells()
    fitted = OpenSet.fit(features, labels, {})
    within = features.astype(float)
    means = np.stack([within[labels == k].mean(0) for k in range(3)])
    within -= means[labels]
    values, vectors = np.linalg.eigh(within.T @ within / len(within))
    # The smallest ones are one and the same: probabilistic PCA.
    values[:-DIRECTIONS] = values[:-DIRECTIONS].mean()
    inverse = np.linalg.inv(vectors @ np.diag(values) @ vectors.T)
    other, distance = fitted.scores(features[:40])
    assert not other.any()
    for feature, found in zip(features[:40], distance, strict=True):
        wanted = min(mahalanobis(feature, m, inverse) ** 2 for m in means)
        assert np.exp(found) == pytest.approx(wanted, rel=1e-3)


def test_distance_of_those_that_vary():
    features, labels, _ = cells()
    varied = np.arange(len(labels)) < 600
    part = OpenSet.fit(features, labels, {}, varied)
    alone = OpenSet.fit(features[:600], labels[:600], {})
    np.testing.assert_allclose(
        part.scores(features)[1], alone.scores(features)[1], rtol=1e-4
    )


def test_log_odds_are_those_of_the_linear_classifier():
    """Against scikit-learn on features that were whitened by hand."""
    features, labels, others = cells()
    fitted = OpenSet.fit(features, labels, others)
    every = np.concatenate([features, *others.values()]).astype(float)
    kinds = np.concatenate([labels, [3] * 400, [4] * 400])
    mean = every.mean(0)
    _, sizes, rows = np.linalg.svd(every - mean, full_matrices=False)
    whiten = rows.T / sizes * np.sqrt(len(every))
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    model.fit((every - mean) @ whiten, kinds)
    logits = model.decision_function((every - mean) @ whiten)
    wanted = logsumexp(logits[:, 3:], 1) - logsumexp(logits[:, :3], 1)
    np.testing.assert_allclose(fitted.scores(every)[0], wanted, atol=0.02)
    # Other kinds come out above the known ones.
    assert (fitted.scores(others['ig'])[0] > 0).mean() > 0.95
    assert (fitted.scores(features)[0] < 0).mean() > 0.95


def test_what_is_far_is_far():
    features, labels, others = cells()
    fitted = OpenSet.fit(features, labels, others)
    near = fitted.scores(features)[1]
    strange = fitted.scores(features[:50] + 30)[1]
    assert strange.min() > near.max()


@pytest.mark.parametrize('constant', [False, True])
def test_fewer_directions_than_asked_for(constant):
    rng = np.random.default_rng(0)
    features = rng.standard_normal((60, 4)).astype(np.float32)
    if constant:
        features[:, 2:] = 1
    fitted = OpenSet.fit(features, np.arange(60) % 2, {})
    assert np.isfinite(fitted.scores(features)[1]).all()


def test_a_class_without_cells_is_refused():
    features, labels, _ = cells()
    with pytest.raises(InputError, match='no cell of class number 1'):
        OpenSet.fit(features[labels != 1], labels[labels != 1], {})


@pytest.mark.parametrize('as_tensors', [False, True])
def test_it_comes_back(as_tensors):
    features, labels, others = cells()
    fitted = OpenSet.fit(features, labels, others)
    values = fitted.to_dict()
    if as_tensors:
        values = {
            name: torch.as_tensor(v) if isinstance(v, np.ndarray) else v
            for name, v in values.items()
        }
    again = OpenSet.from_dict(values)
    assert again.kinds == ('ig', 'platelet')
    for one, other in zip(
        fitted.scores(features), again.scores(features), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def spoil(values, name):
    if name == 'nothing':
        return None
    if name == 'missing':
        del values['spread']
    elif name == 'text':
        values['rest'] = 'much'
    elif name == 'parameter':
        values['means'] = torch.nn.Parameter(torch.as_tensor(values['means']))
    elif name == 'narrow':
        values['directions'] = values['directions'][:-1]
    elif name == 'kinds':
        values['kinds'] = values['kinds'][:1]
    elif name == 'infinite':
        values['weight'] = values['weight'] * np.inf
    else:
        values['spread'] = -values['spread']
    return values


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('nothing', 'incomplete'),
        ('missing', 'incomplete .*spread'),
        ('text', 'incomplete .*much'),
        ('parameter', 'incomplete .*grad'),
        ('narrow', r'directions of shape \(49, 32\), but \(50, 32\)'),
        ('kinds', r'weight of shape \(5, 50\), but \(4, 50\)'),
        ('infinite', 'weight that are no numbers'),
        ('negative', 'variance that is not above 0'),
    ],
)
@pytest.mark.filterwarnings('ignore:invalid value')
def test_what_is_damaged_gets_a_sentence(name, message):
    values = copy.deepcopy(OpenSet.fit(*cells()).to_dict())
    with pytest.raises(InputError, match=message):
        OpenSet.from_dict(spoil(values, name))
