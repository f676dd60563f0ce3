from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class McNemarResult(NamedTuple):
    """What McNemar's test found.

    Attributes:
        b (int): Samples that only the first model has right.
        c (int): Samples that only the second model has right.
        p_value (float): Two-sided probability of a split at least this
            uneven if both models were equally good.
    """

    b: int
    c: int
    p_value: float


def mcnemar_test(
    correct_a: Sequence[bool] | np.ndarray,
    correct_b: Sequence[bool] | np.ndarray,
) -> McNemarResult:
    """Exact two-sided McNemar test of two models on the same samples.

    Only the samples on which the models disagree speak; under the null
    hypothesis each of them falls to either model with probability 1/2, so the
    p value is a binomial one. It is exact for any number of samples (the
    chi-square form needs about 25 disagreements).

    Args:
        correct_a (Sequence[bool]): Whether the first model is right on each
            sample, shape (N, ).
        correct_b (Sequence[bool]): The same of the second model, the samples
            in the same order, shape (N, ).

    Returns:
        McNemarResult: ``b``, ``c`` and the p value, which is 1 where the
        models never disagree.

    Raises:
        ValueError: If the lists are empty, differ in length or hold anything
            but true and false.

    Examples:
        >>> mcnemar_test([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 1])
        McNemarResult(b=5, c=1, p_value=0.21875)
    """
    from scipy.stats import binomtest

    first, second = np.asarray(correct_a), np.asarray(correct_b)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            "McNemar's test pairs the predictions of two models on the same "
            f'samples, but got the shapes {first.shape} and {second.shape}; '
            'give two lists of one length.'
        )
    if first.size == 0:
        raise ValueError("McNemar's test got no samples.")
    for values in (first, second):
        if not np.isin(values, (0, 1)).all():
            raise ValueError(
                "McNemar's test takes true or false for each sample (is the "
                'prediction correct?), not labels or probabilities.'
            )

    first, second = first.astype(bool), second.astype(bool)
    b = int((first & ~second).sum())
    c = int((~first & second).sum())
    p_value = float(binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0
    return McNemarResult(b, c, p_value)
