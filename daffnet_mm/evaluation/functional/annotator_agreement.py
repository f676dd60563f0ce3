from collections.abc import Mapping, Sequence

import numpy as np


def annotator_confusions(
    first: Mapping[str, Sequence[int]],
    second: Mapping[str, Sequence[int]],
    sizes: Sequence[int],
) -> list[np.ndarray]:
    """Count how two annotators' attribute values go together.

    Args:
        first (Mapping): Image names to the value indices that one annotator
            gave the attributes.
        second (Mapping): Those of another annotator; images that only one of
            them has do not count.
        sizes (Sequence[int]): The number of values of each attribute.

    Returns:
        list[np.ndarray]: For each attribute the counts, shape (K, K), rows
        the first annotator's values.
    """
    from sklearn.metrics import confusion_matrix

    common = [name for name in first if name in second]
    one = np.array([first[name] for name in common])
    other = np.array([second[name] for name in common])
    return [
        confusion_matrix(one[:, i], other[:, i], labels=np.arange(size))
        for i, size in enumerate(sizes)
    ]


def disagreement(confusion: np.ndarray) -> float:
    """Share of the cells to which two annotators give different values.

    Args:
        confusion (np.ndarray): Counts, shape (K, K).

    Returns:
        float: The share, in [0, 1].
    """
    return float(1 - np.trace(confusion) / confusion.sum())


def smoothing_table(confusion: np.ndarray) -> np.ndarray:
    """What another annotator says of a cell to which one gives a value.

    Which annotator comes first is chance, so both orders are counted.

    Args:
        confusion (np.ndarray): Counts, shape (K, K).

    Returns:
        np.ndarray: Shape (K, K); row t is the distribution given the value t.
        A value that nobody gave stays certain.
    """
    counts = (confusion + confusion.T).astype(float)
    unseen = counts.sum(axis=1) == 0
    counts[unseen, unseen] = 1
    return counts / counts.sum(axis=1, keepdims=True)
