import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from daffnet_mm.evaluation.functional import (
    ReliabilityBins,
    fit_temperature,
    log_loss_bits,
    scale_temperature,
)


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def draw(number, size, temperature=1.0, seed=0):
    """Probabilities, and values drawn from them at a true temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=3, size=(number, size))
    true_scores = softmax(logits / temperature)
    true = (true_scores.cumsum(1) > rng.random((number, 1))).argmax(1)
    return softmax(logits), true


def test_error_by_hand():
    # two bins; 0.6 right and 0.8 wrong in the upper, 0.5 wrong in the lower
    scores = np.array([[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    bins = ReliabilityBins.from_scores(scores, np.array([0, 0, 1]), 2)
    assert bins.count.tolist() == [1, 2]
    np.testing.assert_allclose(bins.confidence, [0.5, 0.7])
    np.testing.assert_allclose(bins.accuracy, [0, 0.5])
    assert bins.error == pytest.approx((1 * 0.5 + 2 * 0.2) / 3)
    # certainty lies in the last bin, and empty bins do not count
    bins = ReliabilityBins.from_scores(np.eye(3), np.arange(3), 10)
    assert bins.count.tolist() == [0] * 9 + [3] and bins.error == 0
    assert np.isnan(bins.accuracy[0])


def test_bins_agree_with_sklearn():
    scores, true = draw(2000, 4)
    bins = ReliabilityBins.from_scores(scores, true, 12)
    accuracy, confidence = calibration_curve(
        scores.argmax(1) == true, scores.max(1), n_bins=12
    )
    some = bins.count > 0
    np.testing.assert_allclose(bins.accuracy[some], accuracy)
    np.testing.assert_allclose(bins.confidence[some], confidence)


def test_log_loss_agrees_with_sklearn():
    scores, true = draw(300, 4)
    assert log_loss_bits(scores, true) == pytest.approx(
        log_loss(true, scores, labels=range(4)) / np.log(2)
    )
    assert log_loss_bits(np.full((3, 4), 0.25), np.arange(3)) == 2


@pytest.mark.parametrize('temperature', [0.4, 1, 2.5])
def test_finds_the_temperature_that_the_data_have(temperature):
    scores, true = draw(20000, 3, temperature)
    found = fit_temperature(scores.astype(np.float32), true)
    assert found == pytest.approx(temperature, rel=0.04)
    before = ReliabilityBins.from_scores(scores, true).error
    scaled = scale_temperature(scores, found)
    after = ReliabilityBins.from_scores(scaled, true).error
    assert after < 0.01
    if temperature != 1:
        assert before > 0.05
    assert (scaled.argmax(1) == scores.argmax(1)).all()


def test_scaling_by_hand():
    # square roots of 0.8 and 0.2 are as 2 to 1
    scaled = scale_temperature(np.array([[0.8, 0.2]]), 2)
    np.testing.assert_allclose(scaled, [[2 / 3, 1 / 3]])
    # and probabilities that single precision rounds to zero are no trouble
    scaled = scale_temperature(np.array([[1, 0]], np.float32), 10)
    assert np.isfinite(scaled).all() and scaled[0, 1] > 0


def test_a_model_without_mistakes_does_not_become_certain():
    """Half of the one cell more is wrong, of a thousand and one."""
    scores = np.array([[0.98, 0.02]] * 1000)
    temperature = fit_temperature(scores, np.zeros(1000, int))
    wrong = 0.5 / 1001
    expected = np.log(0.02 / 0.98) / np.log(wrong / (1 - wrong))
    assert temperature == pytest.approx(expected, rel=1e-3)
    assert 0.5 < temperature < 0.52


def test_one_cell_more_at_random():
    """The mean surprise of all cells, and of each cell with each label."""
    scores, true = draw(40, 3, 0.5)
    logits = np.log(scores)

    def surprise(temperature, labels):
        scaled = softmax(logits / temperature)
        return log_loss(labels, scaled, labels=range(3))

    grid = np.exp(np.linspace(-2, 1, 3001))
    costs = [
        40 * surprise(temperature, true)
        + np.mean([surprise(temperature, [k] * 40) for k in range(3)])
        for temperature in grid
    ]
    expected = grid[np.argmin(costs)]
    assert fit_temperature(scores, true) == pytest.approx(expected, rel=2e-3)
