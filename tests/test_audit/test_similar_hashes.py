"""The index of hashes against comparing each with each."""

import numpy as np
import pytest

from daffnet_mm.audit import similar_hashes
from daffnet_mm.audit.similar_hashes import MAX_DISTANCE, find_similar_hashes


def hashes(number, seed=0):
    """Families of hashes that differ in 0 to 20 bits, in all symmetries."""
    rng = np.random.default_rng(seed)
    family = rng.integers(0, 2, (max(1, number // 10), 8, 64), np.uint8)
    bits = family[rng.integers(0, len(family), number)]
    shares = rng.uniform(0, 20 / 64, (number, 1, 1))
    bits ^= rng.random(bits.shape) < shares
    # one turned by the symmetry that is its number
    bits[1::2] = np.roll(bits[1::2], 3, axis=1)
    return np.packbits(bits, axis=2)


def by_brute_force(packed):
    """Compare each with each, bit by bit."""
    bits = np.unpackbits(packed, axis=2)
    found = set()
    for i in range(len(bits)):
        for symmetry in range(8):
            distances = (bits[i, 0] != bits[i + 1 :, symmetry]).sum(1)
            (near,) = (distances <= MAX_DISTANCE).nonzero()
            found |= {(i, j + i + 1, symmetry) for j in near.tolist()}
    return found


def rows(packed):
    found = [tuple(r) for a in find_similar_hashes(packed, False) for r in a]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize('number', [0, 1, 2, 70, 600])
def test_nothing_is_missed_and_nothing_added(number):
    packed = hashes(number)
    wanted = by_brute_force(packed)
    assert rows(packed) == wanted
    assert number < 70 or len(wanted) > number


@pytest.mark.parametrize('one_numpy', [False, True])
def test_in_several_tables(monkeypatch, one_numpy):
    monkeypatch.setattr(similar_hashes, '_TABLE', 97)
    monkeypatch.setattr(similar_hashes, '_QUERIES', 13)
    if one_numpy:
        monkeypatch.delattr(np, 'bitwise_count', raising=False)
    packed = hashes(300, seed=1)
    assert rows(packed) == by_brute_force(packed)


def test_at_the_limit():
    """In each spread of the bits over the parts, up to 12 and no 13."""
    rng = np.random.default_rng(2)
    for distance in (MAX_DISTANCE, MAX_DISTANCE + 1):
        for _ in range(100):
            bits = rng.integers(0, 2, (2, 8, 64), np.uint8)
            bits[1, 5] = bits[0, 0]
            bits[1, 5, rng.permutation(64)[:distance]] ^= 1
            packed = np.packbits(bits, axis=2)
            assert ((0, 1, 5) in rows(packed)) == (distance == MAX_DISTANCE)


def test_all_alike():
    packed = np.tile(hashes(1), (40, 1, 1))
    assert rows(packed) == by_brute_force(packed)
