"""From measurements to reasons why an answer should be looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.errors import InputError

from .open_set import OpenSet
from .view import View

#: Bisections of the share that a criterion may refuse.
STEPS = 40


class Criterion(NamedTuple):
    """Something that speaks against an answer.

    Its values are larger the more suspicious an answer is.

    Attributes:
        reason (str): What is said where the value is above the limit.
        strictest (float): The limit is never below.
        weight (float): How much of what may be refused at home is its own,
            beside the others.
        of_image (bool): Whether it is measured in the image alone.
    """

    reason: str
    strictest: float = -np.inf
    weight: float = 1.0
    of_image: bool = False


#: All criteria; reasons are joined in this order. The strictest limits of
#: those of the image are such as spare other laboratories: of two on which
#: they were not chosen (BCCD, JTSC), they refuse 1 % of the cells.
CRITERIA = {
    # A nucleus that covers an eighth of the image's width is small.
    'nucleus': Criterion('not a cell', -0.12, of_image=True),
    # More pieces, or further out, than the lobes of a nucleus.
    'concentration': Criterion('not a cell', -0.125, of_image=True),
    'cells': Criterion('several cells', 1.5, of_image=True),
    # An edge that is more than a third of a nucleus wide is out of focus.
    'sharpness': Criterion('blurred', -2.7, of_image=True),
    'other': Criterion('other cell type'),
    # Far rarer, for it grows with each change of stain and lamp too.
    'distance': Criterion('unfamiliar', weight=0.1),
    # Less than a half: elsewhere the surest answers are less sure too.
    'probability': Criterion('unsure', -0.5, weight=0.1),
}


class Limit(NamedTuple):
    """Where a criterion begins to speak, and what is usual at home.

    Attributes:
        limit (float): Values above it are given the reason.
        usual (float): The median at home, below the limit.
    """

    limit: float
    usual: float


class Verdict(NamedTuple):
    """What is said of an answer.

    Attributes:
        review (str): The reasons, joined by ``'; '``; empty without any.
        score (float): How suspicious it is by its worst criterion: above 0
            with a reason, -1 for what is usual.
    """

    review: str
    score: float


@dataclass(frozen=True, eq=False)
class ReviewRule:
    """Say of which answers of a classifier one should think twice.

    Args:
        limits (Mapping[str, Limit]): Those of the criteria that are used.
            Defaults to the probability alone: 0.8, for classifiers to which
            nothing was fitted.
        open_set (OpenSet, optional): The scores of the criteria ``'other'``
            and ``'distance'``. Defaults to None: they are not used.
    """

    limits: Mapping[str, Limit]
    open_set: OpenSet | None = None

    @classmethod
    def unfitted(cls) -> 'ReviewRule':
        """The rule for a classifier to which none was fitted."""
        return cls(dict(probability=Limit(-0.8, -1.0)))

    @classmethod
    def fit(
        cls,
        open_set: OpenSet,
        views: Sequence[View],
        probabilities: np.ndarray,
        features: np.ndarray,
        share: float = 0.02,
    ) -> 'ReviewRule':
        """Choose the limits on cells that the classifier should answer.

        Each criterion refuses by its weight, but not what is less suspicious
        than its strictest limit, and all together as many as may be. Limits
        suit the cells that they are chosen on: of further ones, the value of
        the k-th most suspicious of N is expected to refuse ``k / (N + 1)``,
        though only k - 1 lie above it (split conformal prediction;
        Papadopoulos et al., ECML 2002). So the cells whose values are limits
        count as refused.

        Args:
            open_set (OpenSet): The scores.
            views (Sequence[View]): What the N images show.
            probabilities (np.ndarray): Of the classifier's answers, (N,).
            features (np.ndarray): What it decided on, (N, D).
            share (float): The most of further cells that should be refused,
                for whatever reason. Defaults to 0.02.

        Returns:
            ReviewRule: The rule.

        Raises:
            InputError: If there are no cells.
        """
        if not len(views):
            raise InputError('there are no cells on which to choose limits')
        values = measure(open_set, views, probabilities, features)
        if not open_set.kinds:
            del values['other']
        usual = {name: float(np.median(v)) for name, v in values.items()}

        def limits_at(part: float) -> dict[str, Limit]:
            found = {}
            for name, value in values.items():
                kind = CRITERIA[name]
                limit = np.quantile(
                    value, 1 - min(1, part * kind.weight), method='higher'
                )
                found[name] = Limit(
                    max(float(limit), kind.strictest), usual[name]
                )
            return found

        def expected(limits: dict[str, Limit]) -> float:
            refused = [
                values[name] >= pair.limit for name, pair in limits.items()
            ]
            return float(np.any(refused, axis=0).sum()) / (len(views) + 1)

        low, high = 0.0, 1.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            if expected(limits_at(middle)) <= share:
                low = middle
            else:
                high = middle
        return cls(limits_at(low), open_set)

    @property
    def needs_views(self) -> bool:
        """Whether images have to be looked at."""
        return any(CRITERIA[name].of_image for name in self.limits)

    def judge(
        self,
        views: Sequence[View] | None,
        probabilities: np.ndarray,
        features: np.ndarray | None,
    ) -> list[Verdict]:
        """Judge answers.

        Args:
            views (Sequence[View], optional): What the N images show; may be
                None where ``needs_views`` is false.
            probabilities (np.ndarray): Of the answers, (N,).
            features (np.ndarray, optional): What the classifier decided on,
                (N, D); may be None without an ``open_set``.

        Returns:
            list[Verdict]: One for each.
        """
        values = measure(self.open_set, views, probabilities, features)
        verdicts = []
        for index in range(len(probabilities)):
            reasons, worst = [], -np.inf
            for name, (limit, usual) in self.limits.items():
                value = float(values[name][index])
                if value > limit:
                    reasons.append(CRITERIA[name].reason)
                scale = max(abs(limit - usual), 1e-6)
                worst = max(worst, (value - limit) / scale)
            verdicts.append(Verdict('; '.join(dict.fromkeys(reasons)), worst))
        return verdicts

    def to_dict(self) -> dict:
        """Give the rule as arrays and plain values."""
        return dict(
            limits={name: list(pair) for name, pair in self.limits.items()},
            open_set=self.open_set and self.open_set.to_dict(),
        )

    @classmethod
    def from_dict(cls, values: Any) -> 'ReviewRule':
        """Make it of what :meth:`to_dict` gave.

        Args:
            values (Any): The dict, arrays also as what NumPy makes such of.

        Raises:
            InputError: If it is no such dict.
        """
        if not isinstance(values, dict) or not isinstance(
            values.get('limits'), dict
        ):
            raise InputError('it is no dict with limits')
        found = {}
        # In the order in which reasons are joined.
        for name in [*CRITERIA, *values['limits']]:
            if name not in values['limits']:
                continue
            if name not in CRITERIA:
                raise InputError(
                    f'it has a limit for {name!r:.40}, but there are '
                    f'{", ".join(CRITERIA)}'
                )
            try:
                limit, usual = map(float, values['limits'][name])
            except (TypeError, ValueError):
                limit = usual = np.nan
            # A nucleus that is nowhere has an edge of no width.
            if np.isnan([limit, usual]).any():
                raise InputError(f'its limit for {name} is no pair of numbers')
            found[name] = Limit(limit, usual)
        open_set = values.get('open_set')
        if open_set is not None:
            open_set = OpenSet.from_dict(open_set)
        elif {'other', 'distance'} & set(found):
            raise InputError('it has limits for features, but no open_set')
        return cls(found, open_set)


def measure(
    open_set: OpenSet | None,
    views: Sequence[View] | None,
    probabilities: np.ndarray,
    features: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Give each criterion's values, larger where more suspicious.

    Args:
        open_set (OpenSet, optional): As for :class:`ReviewRule`.
        views (Sequence[View], optional): As for :meth:`ReviewRule.judge`.
        probabilities (np.ndarray): The same.
        features (np.ndarray, optional): The same.

    Returns:
        dict[str, np.ndarray]: Those that can be measured, in the order of
        ``CRITERIA``, each of shape (N,).
    """
    values: dict[str, np.ndarray] = {}
    if views is not None:
        nucleus, sharpness, cells, concentration = (
            np.array(views, float).reshape(-1, 4).T
        )
        values.update(
            nucleus=-nucleus,
            concentration=-concentration,
            cells=cells,
            sharpness=-sharpness,
        )
    if open_set is not None and features is not None:
        values['other'], values['distance'] = open_set.scores(features)
    values['probability'] = -np.asarray(probabilities, float)
    return values
