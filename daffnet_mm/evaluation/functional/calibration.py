from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ReliabilityBins:
    """How often a model is right when it is so sure, for a diagram.

    Predictions are sorted by the probability of the predicted value into
    intervals of equal width, closed on the right.

    Attributes:
        edges (np.ndarray): Bounds of the B intervals, shape (B + 1, ).
        count (np.ndarray): Predictions in each, int, shape (B, ).
        confidence (np.ndarray): Their mean probability, nan if there are
            none, shape (B, ).
        accuracy (np.ndarray): The share that is right, nan if there are none,
            shape (B, ).
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @classmethod
    def from_scores(
        cls, scores: np.ndarray, true: np.ndarray, num_bins: int = 15
    ) -> 'ReliabilityBins':
        """Sort predictions into bins.

        Args:
            scores (np.ndarray): Probabilities, shape (N, K).
            true (np.ndarray): Value indices, int, shape (N, ).
            num_bins (int): B. Defaults to 15, as in Guo et al.

        Returns:
            ReliabilityBins: The bins.
        """
        confidence = scores.max(axis=1).astype(float)
        right = scores.argmax(axis=1) == true
        edges = np.linspace(0, 1, num_bins + 1)
        index = np.digitize(confidence, edges[1:-1], right=True)
        count = np.bincount(index, minlength=num_bins)
        divisor = np.where(count, count, np.nan)
        return cls(
            edges,
            count,
            np.bincount(index, confidence, num_bins) / divisor,
            np.bincount(index, right, num_bins) / divisor,
        )

    @property
    def error(self) -> float:
        """float: Expected calibration error (Guo et al., ICML 2017).

        The mean of the bins' differences of confidence and accuracy, weighted
        by their counts, in [0, 1].
        """
        gap = np.abs(self.confidence - self.accuracy)
        return float(np.nansum(gap * self.count) / self.count.sum())


def log_loss_bits(scores: np.ndarray, true: np.ndarray) -> float:
    """Mean of what the true values' probabilities cost, in bits.

    Unlike the calibration error it needs no bins, and a model that says the
    same of every cell cannot make it small.

    Args:
        scores (np.ndarray): Probabilities, shape (N, K).
        true (np.ndarray): Value indices, int, shape (N, ).

    Returns:
        float: The cross entropy to the base 2, at least 0.
    """
    picked = _log(scores)[np.arange(len(true)), true]
    return float(-picked.mean() / np.log(2))


def fit_temperature(scores: np.ndarray, true: np.ndarray) -> float:
    """Find the temperature under which held out cells are least surprising.

    The temperature of Guo et al. (ICML 2017) minimises the cross entropy.
    Where a model makes no mistake this would end in certainty, and among
    the cells by which its epoch was chosen it makes fewer than among others.
    So it is fitted as if there were one cell more, whose label was drawn at
    random, and which looks like the others (after Platt, 1999).

    Args:
        scores (np.ndarray): Probabilities, shape (N, K).
        true (np.ndarray): Value indices, int, shape (N, ).

    Returns:
        float: The temperature, between 0.01 and 100.
    """
    from scipy.optimize import minimize_scalar

    logits = _log(scores)
    # Of the true values against each value, their own included
    gaps = logits - logits[np.arange(len(true)), true][:, None]

    def cost(log_temperature: float) -> float:
        scaled = gaps * np.exp(-log_temperature)
        surprise = np.logaddexp.reduce(scaled, axis=1)
        at_random = surprise - scaled.mean(axis=1)
        return surprise.sum() + at_random.mean()

    bounds = np.log([0.01, 100])
    found = minimize_scalar(cost, bounds=bounds, method='bounded')
    return float(np.exp(found.x))


def _log(scores: np.ndarray) -> np.ndarray:
    # float32 has no smaller number than this
    return np.log(np.maximum(scores.astype(float), 1e-45))
