"""Fingerprints that are kept on the disk."""

import gc
import os
import tracemalloc

import numpy as np
import pytest
from pictures import picture

from daffnet_lite.errors import InputError
from daffnet_mm.audit import fingerprint_store
from daffnet_mm.audit.fingerprint_store import FingerprintStore
from daffnet_mm.audit.near_duplicates import (
    find_near_duplicates,
    fingerprint,
)


def test_what_is_kept_comes_back(tmp_path):
    store = FingerprintStore(tmp_path)
    own = [fingerprint(picture(seed)) for seed in range(3)]
    kept = [store.keep(one) for one in own]
    for one, other in reversed(list(zip(own, kept, strict=True))):
        assert other.digest == one.digest
        for name in ('hashes', 'detail'):
            value, theirs = getattr(one, name), getattr(other, name)
            assert value.dtype == theirs.dtype
            np.testing.assert_array_equal(value, theirs)


def test_it_outlives_its_maker_and_leaves_nothing(tmp_path):
    kept = FingerprintStore(tmp_path).keep(fingerprint(picture(0)))
    gc.collect()
    assert kept.detail.any()
    assert os.listdir(tmp_path) == []


def test_pairs_are_the_same(tmp_path):
    images = {str(seed): picture(seed % 7) for seed in range(10)}
    own = {name: fingerprint(image) for name, image in images.items()}
    own['turned'] = fingerprint(images['3'].rotate(90))
    store = FingerprintStore(tmp_path)
    kept = {name: store.keep(one) for name, one in own.items()}
    pairs = find_near_duplicates(kept, progress=False)
    assert pairs == find_near_duplicates(own, progress=False)
    assert {pair.exact for pair in pairs} == {True, False}


def test_the_memory_of_many(tmp_path):
    one = fingerprint(picture(0))
    store = FingerprintStore(tmp_path)
    tracemalloc.start()
    kept = [store.keep(one) for _ in range(1000)]
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 150 * len(kept)


def test_a_full_disk(tmp_path, monkeypatch):
    def no_room(*args, **kwargs):
        return open('/dev/full', 'r+b', buffering=0)

    monkeypatch.setattr(fingerprint_store, 'TemporaryFile', no_room)
    with pytest.raises(InputError, match='No space left'):
        FingerprintStore(tmp_path).keep(fingerprint(picture(0)))
