"""Collecting facts in several processes, and keeping them."""

import os
import random
import sqlite3
import warnings

import numpy as np
import pytest
from pictures import picture, save
from rich.progress import Progress

from daffnet_lite.errors import InputError, InputWarning
from daffnet_mm.audit import collect_facts as module
from daffnet_mm.audit.collect_facts import collect_facts
from daffnet_mm.audit.facts_cache import FactsCache
from daffnet_mm.audit.image_check import ImageFacts, check_image


@pytest.fixture
def files(tmp_path):
    paths = [
        save(picture(seed, 40, 40), tmp_path / 'images' / f'{seed}.jpg')
        for seed in range(5)
    ]
    paths[3].write_bytes(paths[3].read_bytes()[:300])
    boxes = [(None,)] * 4 + [(None, (3, 4, 30, 35))]
    return dict(zip(map(str, paths), boxes, strict=True))


def collect(files, tmp_path, workers=0):
    with Progress(disable=True) as progress:
        return collect_facts(
            files, tmp_path / 'out' / 'cache.sqlite', workers, progress
        )


def same(first, second):
    assert first.keys() == second.keys()
    for path, facts in first.items():
        other = second[path]
        for box, fingerprint in facts.fingerprints.items():
            theirs = other.fingerprints[box]
            assert theirs.digest == fingerprint.digest
            assert np.array_equal(theirs.hashes, fingerprint.hashes)
            assert np.array_equal(theirs.detail, fingerprint.detail)
            assert theirs.detail.dtype == fingerprint.detail.dtype
        assert facts.fingerprints.keys() == other.fingerprints.keys()
        assert {**vars(facts), 'fingerprints': 0} == {
            **vars(other),
            'fingerprints': 0,
        }


def watch(monkeypatch):
    """List the files that are looked at from now on."""
    paths = []
    monkeypatch.setattr(
        module,
        'check_image',
        lambda path, boxes: paths.append(path) or check_image(path, boxes),
    )
    return paths


def test_the_cache_gives_back_what_was_found(files, tmp_path, monkeypatch):
    first = collect(files, tmp_path, workers=2)
    same(first, {p: check_image(p, b) for p, b in files.items()})
    faults = [facts.fault for facts in first.values()]
    assert faults == [None, None, None, 'truncated', None]
    looked_at = watch(monkeypatch)
    same(collect(files, tmp_path), first)
    # A fault may have passed.
    changed, _, other, broken, _ = files
    assert looked_at == [broken]
    looked_at.clear()

    # changed, and asked for with other boxes
    os.utime(changed, ns=(1, 1))
    files[other] = (None, (0, 0, 9, 9))
    collect(files, tmp_path)
    assert looked_at == [changed, other, broken]


def test_a_fault_that_has_passed(files, tmp_path, monkeypatch):
    """Rights, memory and a missing package change no file's time."""
    path = next(iter(files))

    def unreadable(asked, boxes):
        if asked == path:
            return ImageFacts(fault='unreadable', message='Permission denied')
        return check_image(asked, boxes)

    with monkeypatch.context() as patched:
        patched.setattr(module, 'check_image', unreadable)
        assert collect(files, tmp_path)[path].fault == 'unreadable'
    assert collect(files, tmp_path)[path].fault is None


def test_an_interrupted_audit_goes_on(files, tmp_path, monkeypatch):
    before = []

    def interrupted(path, boxes):
        if len(before) == 3:
            raise KeyboardInterrupt
        before.append(path)
        return check_image(path, boxes)

    monkeypatch.setattr(module, 'check_image', interrupted)
    with pytest.raises(KeyboardInterrupt):
        collect(files, tmp_path)
    looked_at = watch(monkeypatch)
    assert len(collect(files, tmp_path)) == 5
    assert looked_at == list(files)[3:] and before == list(files)[:3]


def crash(path, boxes):
    if path.endswith('2.jpg'):
        os._exit(1)
    return check_image(path, boxes)


def test_a_decoder_that_crashes(files, tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'check_image', crash)
    facts = collect(files, tmp_path, workers=1)
    faults = [found.fault for found in facts.values()]
    assert faults == [None, None, 'unreadable', 'truncated', None]
    assert 'crashed' in list(facts.values())[2].message


def test_a_cache_that_is_none_is_begun_anew(files, tmp_path):
    first = collect(files, tmp_path)
    path = tmp_path / 'out' / 'cache.sqlite'
    path.write_text('this is not a database, but long enough to be read' * 30)
    with pytest.warns(InputWarning, match='damaged .* is begun anew'):
        same(collect(files, tmp_path), first)
    with sqlite3.connect(path) as database:
        select = 'SELECT count(*) FROM checked_facts'
        assert database.execute(select).fetchone() == (4,)


def test_a_cache_without_a_place(tmp_path):
    (tmp_path / 'out').write_text('a file')
    with pytest.raises(InputError, match='name another --out-dir') as caught:
        FactsCache(tmp_path / 'out' / 'cache.sqlite')
    assert 'delete' not in str(caught.value)


def test_a_cache_of_the_first_version(files, tmp_path):
    (tmp_path / 'out').mkdir()
    with sqlite3.connect(tmp_path / 'out' / 'cache.sqlite') as database:
        database.execute(
            'CREATE TABLE facts (key TEXT PRIMARY KEY, state TEXT, '
            'facts TEXT, fingerprints BLOB)'
        )
    assert len(collect(files, tmp_path)) == 5


@pytest.mark.parametrize(
    'change',
    [
        "facts = replace(facts, '40', '41')",
        "facts = CAST(x'ff00' AS TEXT)",
        "fingerprints = x'00'",
        'checksum = NULL',
    ],
)
def test_a_damaged_entry_is_looked_at_again(
    files, tmp_path, monkeypatch, change
):
    first = collect(files, tmp_path)
    with sqlite3.connect(tmp_path / 'out' / 'cache.sqlite') as database:
        where = "WHERE key LIKE '%1.jpg%'"
        database.execute(f'UPDATE checked_facts SET {change} {where}')
    looked_at = watch(monkeypatch)
    with pytest.warns(InputWarning, match='has 1 damaged entries'):
        same(collect(files, tmp_path), first)
    _, damaged, _, broken, _ = files
    assert looked_at == [damaged, broken]
    collect(files, tmp_path)
    assert looked_at[2:] == [broken]


def test_flipped_bits_anywhere(files, tmp_path):
    first = collect(files, tmp_path)
    path = tmp_path / 'out' / 'cache.sqlite'
    whole = path.read_bytes()
    rng = random.Random(0)
    for _ in range(60):
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', InputWarning)
            same(collect(files, tmp_path), first)


def test_a_full_disk(files, tmp_path, monkeypatch):
    with FactsCache(tmp_path / 'cache.sqlite') as cache:
        # as SQLite says it
        cache._database.execute('PRAGMA max_page_count = 4')
        path, boxes = next(iter(files.items()))
        facts = check_image(path, boxes)
        facts.message = 'x' * 100_000
        with pytest.raises(InputError, match='full.*free space on its disk'):
            cache.put(path, boxes, facts)
    assert sqlite3.connect(tmp_path / 'cache.sqlite').execute(
        'SELECT count(*) FROM checked_facts'
    ).fetchone() == (0,)
