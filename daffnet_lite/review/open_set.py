"""What a classifier's features say: another cell, or nothing it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daffnet_lite.errors import InputError

#: Directions in which the spread of the features is told apart.
DIRECTIONS = 32
#: Inverse strength of the penalty on that classifier's weights.
STRENGTH = 0.001


@dataclass(frozen=True, eq=False)
class OpenSet:
    """Scores on the features that a classifier decides on.

    Two of them, each larger the less a cell is one of the classes. The first
    is for other cells of which examples were at hand: the log odds that a
    linear classifier, of the classes and these kinds, gives to the kinds
    (Hendrycks et al., ICLR 2019, "outlier exposure", here fitted behind a
    network that stays as it is). The second is for what nobody thought of:
    the logarithm of the squared distance to the nearest class mean (Lee et
    al., NeurIPS 2018), in units of a covariance that the classes share. That
    is a probabilistic PCA's (Tipping and Bishop 1999): some directions have a
    spread of their own, all others the same one.

    Both are matrix products, and all is float32.

    Args:
        means (np.ndarray): The classes' means, (C, D).
        directions (np.ndarray): Orthonormal, (D, K).
        spread (np.ndarray): The variance along each, (K,).
        rest (float): The variance along any other direction.
        weight (np.ndarray): The linear classifier's weights, (C + O, D); no
            row without other kinds.
        bias (np.ndarray): Its biases, (C + O,).
        kinds (tuple[str, ...]): Names of the O other kinds.
    """

    means: np.ndarray
    directions: np.ndarray
    spread: np.ndarray
    rest: float
    weight: np.ndarray
    bias: np.ndarray
    kinds: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        features: np.ndarray,
        labels: np.ndarray,
        others: Mapping[str, np.ndarray],
        varied: np.ndarray | None = None,
    ) -> 'OpenSet':
        """Fit both scores.

        Args:
            features (np.ndarray): Of the classifier's training cells, (N, D).
            labels (np.ndarray): Their classes from 0, (N,).
            others (Mapping[str, np.ndarray]): Features of other kinds of
                cells, by name, each of shape (M, D).
            varied (np.ndarray, optional): Which of the training cells say how
                far a cell may lie from its class, such as those that look as
                if from several laboratories; bool of shape (N,). Defaults to
                None: all.

        Returns:
            OpenSet: The scores.

        Raises:
            InputError: If a class has no cell.
        """
        features = features.astype(np.float64)
        number = int(labels.max()) + 1
        missing = set(range(number)) - set(labels.tolist())
        if missing:
            raise InputError(
                'the training part has no cell of class number '
                f'{min(missing)}: without one, nothing can be told from it'
            )
        asked = slice(None) if varied is None else varied
        spread, classes = features[asked], labels[asked]
        means = np.stack(
            [spread[classes == index].mean(0) for index in range(number)]
        )
        variance, directions = _principal(spread - means[classes])
        kept = min(DIRECTIONS, len(variance) - 1)
        # Where all else is constant, no distance is infinite.
        rest = max(variance[kept:].mean(), 1e-6 * variance[0])
        weight = np.zeros((0, features.shape[1]))
        bias = np.zeros(0)
        if others:
            weight, bias = _linear_classifier(
                np.concatenate([features, *others.values()]),
                np.concatenate(
                    [labels]
                    + [
                        np.full(len(found), number + index)
                        for index, found in enumerate(others.values())
                    ]
                ),
            )
        single = np.float32
        return cls(
            means.astype(single),
            directions[:, :kept].astype(single),
            np.maximum(variance[:kept], rest).astype(single),
            float(rest),
            weight.astype(single),
            bias.astype(single),
            tuple(others),
        )

    def scores(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score cells.

        Args:
            features (np.ndarray): Shape (N, D).

        Returns:
            tuple[np.ndarray, np.ndarray]: The log odds of another kind, 0
            everywhere if none was at hand; and the logarithm of the squared
            distance. Both (N,).
        """
        features = np.asarray(features, np.float32)
        away = features[:, None] - self.means
        along = (away @ self.directions) ** 2
        beyond = np.maximum((away**2).sum(-1) - along.sum(-1), 0)
        distance = (along / self.spread).sum(-1) + beyond / self.rest
        known = len(self.means)
        other = np.zeros(len(features), np.float32)
        if self.kinds:
            logits = features @ self.weight.T + self.bias
            other = _log_sum(logits[:, known:]) - _log_sum(logits[:, :known])
        return other, np.log(distance.min(1) + 1e-12)

    def to_dict(self) -> dict:
        """Give the parameters as arrays and plain values."""
        return dict(vars(self), kinds=list(self.kinds))

    @classmethod
    def from_dict(cls, values: Any) -> 'OpenSet':
        """Make it of what :meth:`to_dict` gave.

        Args:
            values (Any): Arrays, or what NumPy makes arrays of.

        Raises:
            InputError: If the shapes do not belong together, or numbers are
                not finite.
        """
        try:
            found = {
                name: np.asarray(values[name], np.float32)
                for name in ('means', 'directions', 'spread', 'weight', 'bias')
            }
            rest = float(values['rest'])
            kinds = tuple(map(str, values['kinds']))
            number, width = found['means'].shape
            rows = number + len(kinds) if kinds else 0
            wanted = dict(
                means=(number, width),
                directions=(width, found['spread'].size),
                spread=(found['spread'].size,),
                weight=(rows, width),
                bias=(rows,),
            )
        # The last of these: a tensor that is no plain one.
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f'its open_set is incomplete ({error})'
            ) from error
        for name, shape in wanted.items():
            if found[name].shape != shape:
                raise InputError(
                    f'its open_set has {name} of shape {found[name].shape}, '
                    f'but {shape} belongs to the others'
                )
            if not np.isfinite(found[name]).all():
                raise InputError(
                    f'its open_set has {name} that are no numbers'
                )
        if not rest > 0 or not (found['spread'] > 0).all():
            raise InputError('its open_set has a variance that is not above 0')
        return cls(**found, rest=rest, kinds=kinds)


def _principal(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal variances, the largest first, and their directions."""
    variance, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    return np.maximum(variance[::-1], 0), directions[:, ::-1]


def _linear_classifier(
    features: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression; gives weights and biases for features."""
    from sklearn.linear_model import LogisticRegression

    mean = features.mean(0)
    variance, directions = _principal(features - mean)
    kept = variance > 1e-9 * variance[0]
    whiten = directions[:, kept] / np.sqrt(variance[kept])
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    model.fit((features - mean) @ whiten, labels)
    weight = model.coef_ @ whiten.T
    return weight, model.intercept_ - weight @ mean


def _log_sum(logits: np.ndarray) -> np.ndarray:
    """The logarithm of the sum of exponentials, row by row."""
    most = logits.max(1)
    return most + np.log(np.exp(logits - most[:, None]).sum(1))
