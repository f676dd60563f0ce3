"""Otsu's thresholds, for two classes and for three.

scikit-image has both, and brings SciPy along: most of the time and memory
that one image would take. The thresholds here are the same as its, down to
which of two equally good ones is taken: networks were trained on images that
were framed by them.
"""

import numpy as np

#: Bins of values that are no whole numbers.
BINS = 256


def otsu_threshold(values: np.ndarray) -> float:
    """Part values in two classes, by the variance between them (Otsu 1979).

    Args:
        values (np.ndarray): Floating point numbers, of any shape.

    Returns:
        float: The middle of the last bin of the lower class; the value, if
        all are the same.
    """
    first = values.flat[0]
    if (values == first).all():
        return first
    counts, edges = np.histogram(values, BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    counts = counts.astype(np.float32)
    amounts = counts * middles
    # Of the values up to each bin and of those from it on.
    below, above = counts.cumsum(), counts[::-1].cumsum()[::-1]
    mean_below = amounts.cumsum() / below
    mean_above = amounts[::-1].cumsum()[::-1] / above
    between = below[:-1] * above[1:] * (mean_below[:-1] - mean_above[1:]) ** 2
    return middles[between.argmax()]


def lowest_of_three(image: np.ndarray) -> int | None:
    """Part grey levels in three classes, and tell where the lowest ends.

    The classes are those with the largest variance between them (Liao et al.,
    2001). What each adds is the square of its levels' sum over their number,
    both as shares of all pixels.

    Args:
        image (np.ndarray): uint8, of any shape.

    Returns:
        int | None: The highest level of the lowest class; None where there
        are fewer than three levels.
    """
    counts = np.bincount(image.ravel())
    levels = np.flatnonzero(counts)
    if len(levels) < 3:
        return None
    if len(levels) == 3:
        return int(levels[0])
    low = int(levels[0])
    shares = (counts[low:] / image.size).astype(np.float32)
    number = np.arange(len(shares), dtype=np.float32)
    # scikit-image counts the lowest level as if it were the next one, and
    # takes it for no class by itself. That moves the threshold of one image
    # in twenty, by a level or two.
    number[0] = 1
    # Of the levels before each, and behind the last.
    share = np.append(np.float32(0), shares.cumsum())
    amount = np.append(np.float32(0), (shares * number).cumsum())
    # What a class adds that begins at the row's level and ends before the
    # column's.
    with np.errstate(divide='ignore', invalid='ignore'):
        size = share - share[:, None]
        added = np.where(size > 0, (amount - amount[:, None]) ** 2 / size, 0)
    added[0, 1] = 0
    # Where the second class begins (row) and where the third does (column).
    lowest, middle, highest = (
        added[0, 1:-2, None],
        added[1:-2, 2:-1],
        added[2:-1, -1],
    )
    # In this order: where two are equal but for rounding, it decides.
    between = np.triu(lowest + highest + middle)
    return low + int(between.argmax()) // between.shape[1]
