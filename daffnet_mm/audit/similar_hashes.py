"""Find the hashes that differ in few bits, by multi-index hashing.

Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index
Hashing (2014). Of two hashes that differ in few bits, one of their four parts
differs in fewer still, and parts as like as that are looked up in a table.
Nothing is missed: what is found is what comparing each with each would find.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np
from rich.progress import track

#: Side of the hash in bits, and in how many bits two may differ for the
#: details to be compared. Those of copies differ in up to 10.
HASH_SIZE = 8
MAX_DISTANCE = 12
SYMMETRIES = 8

_PARTS = 4
_PART_BITS = HASH_SIZE**2 // _PARTS
# If each part differed in more bits than this, all would in MAX_DISTANCE + 1.
_RADII = (MAX_DISTANCE + 1 - _PARTS + np.arange(_PARTS)) // _PARTS
# Neighbours in a hash are alike. Parts that take bits from everywhere are
# more evenly distributed, and fewer strangers agree in one.
_SPREAD = np.arange(HASH_SIZE**2).reshape(_PART_BITS, _PARTS).T.ravel()
#: Hashes in a table, and those that are looked up at a time: what is looked
#: at then fits the memory whatever the hashes are.
_TABLE = 2**15
_QUERIES = 2**8


def find_similar_hashes(
    hashes: np.ndarray, progress: bool = True
) -> Iterator[np.ndarray]:
    """Find pairs of images with similar hashes in some orientation.

    Args:
        hashes (np.ndarray): Packed bits of (N, 8 symmetries, 8).
        progress (bool): Show a progress bar. Defaults to True.

    Yields:
        np.ndarray: Rows of i, j > i, and the symmetry of j that is like i.
        No row comes twice.
    """
    parts = np.stack(
        [_spread(hashes[:, symmetry]) for symmetry in range(SYMMETRIES)]
    )
    starts = range(0, len(hashes), _TABLE)
    for start, table, symmetry in track(
        _look_ups(parts, starts),
        'Comparing images',
        total=len(starts) * _PARTS * SYMMETRIES,
        disable=not progress,
    ):
        found, number = [], 0
        for first in range(start, len(hashes), _QUERIES):
            queries = parts[symmetry, first : first + _QUERIES]
            i, j = table.look_up(queries)
            i, j = i + start, j + first
            found.append(np.stack([i, j], 1)[i < j])
            number += len(found[-1])
            # Where all are alike, all pairs would not fit the memory.
            if number >= _TABLE:
                yield _joined(found, symmetry)
                found, number = [], 0
        yield _joined(found, symmetry)


def _look_ups(
    parts: np.ndarray, starts: range
) -> Iterator[tuple[int, '_Table', int]]:
    """Give each table, with its first hash, once for each symmetry."""
    for start in starts:
        for part in range(_PARTS):
            table = _Table(parts[0, start : start + _TABLE], part)
            for symmetry in range(SYMMETRIES):
                yield start, table, symmetry


def _joined(found: list[np.ndarray], symmetry: int) -> np.ndarray:
    pairs = np.concatenate([np.empty((0, 2), int), *found])
    return np.insert(pairs, 2, symmetry, axis=1)


def _spread(hashes: np.ndarray) -> np.ndarray:
    """Cut hashes of (N, 8) into parts of (N, 4)."""
    bits = np.unpackbits(hashes, axis=1)[:, _SPREAD]
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint16)


class _Table:
    """Hashes by one of their parts.

    Args:
        parts (np.ndarray): The parts of all hashes, uint16 of (N, 4).
        part (int): The number of the part.
    """

    def __init__(self, parts: np.ndarray, part: int) -> None:
        self.part = part
        self.order = np.argsort(parts[:, part], kind='stable')
        self.words = parts[self.order].view(np.uint64)[:, 0]
        self.sizes = np.bincount(parts[:, part], minlength=2**_PART_BITS)
        self.begins = self.sizes.cumsum() - self.sizes

    def look_up(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the similar hashes that no table of an earlier part finds.

        Args:
            queries (np.ndarray): Parts of hashes, (Q, 4).

        Returns:
            tuple[np.ndarray, np.ndarray]: The rows of hashes in the table and
            among the queries.
        """
        masks = _masks(_RADII[self.part])
        values = (queries[:, self.part, None] ^ masks).ravel()
        sizes = self.sizes[values]
        (some,) = sizes.nonzero()
        sizes = sizes[some]
        asked = some // len(masks)
        ends = sizes.cumsum()
        # The rows of each value follow each other in the table.
        shift = self.begins[values[some]] - (ends - sizes)
        places = shift.repeat(sizes)
        places += np.arange(len(places))
        words = np.ascontiguousarray(queries).view(np.uint64)[asked, 0]
        differing = self.words[places] ^ words.repeat(sizes)
        (near,) = (_count_bits(differing) <= MAX_DISTANCE).nonzero()
        by_part = _count_bits(differing[near].view(np.uint16))
        by_part = by_part.reshape(-1, _PARTS)[:, : self.part]
        near = near[(by_part > _RADII[: self.part]).all(1)]
        queried = asked[ends.searchsorted(near, 'right')]
        return self.order[places[near]], queried


@cache
def _masks(radius: int) -> np.ndarray:
    """All changes of up to so many bits of a part."""
    return np.array(
        [
            sum(1 << bit for bit in bits)
            for number in range(radius + 1)
            for bits in combinations(range(_PART_BITS), number)
        ],
        np.uint16,
    )


def _count_bits(values: np.ndarray) -> np.ndarray:
    """Count the ones in each of some whole numbers."""
    if hasattr(np, 'bitwise_count'):
        return np.bitwise_count(values)
    # NumPy 1
    by_byte = _ones_of_bytes()[values.view(np.uint8)]
    return by_byte.reshape(len(values), values.itemsize).sum(1, dtype=np.uint8)


@cache
def _ones_of_bytes() -> np.ndarray:
    return np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(
        1, dtype=np.uint8
    )
