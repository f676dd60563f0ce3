import errno
import os
import random
import warnings

import pytest

from daffnet_lite.errors import InputWarning
from daffnet_lite.fileio.journals import Journal, read_journal, warn_of_damage

HEADER = dict(source='ü', margin=0.1)
ENTRIES = [[1, 'a\tb', None], dict(x=[2.5]), [3]]


@pytest.fixture
def path(tmp_path):
    with Journal(tmp_path / 'x', HEADER, ENTRIES[:2]) as journal:
        journal.append(ENTRIES[2])
    return tmp_path / 'x'


def test_what_is_written_is_read(path):
    assert read_journal(path) == (HEADER, ENTRIES, 0)


@pytest.mark.parametrize('content', [b'', b'\n', b'\xff\x00', b'[1'])
def test_no_header(path, content):
    path.write_bytes(content)
    assert read_journal(path) == (None, [], 0)


def test_cut_anywhere(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        header, entries, damaged = read_journal(path)
        assert header in (HEADER, None)
        assert entries == ENTRIES[: len(entries)]
        assert damaged <= 1


def test_flipped_bits_cost_their_line(path):
    whole = path.read_bytes()
    rng = random.Random(0)
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        header, entries, damaged = read_journal(path)
        assert header in (HEADER, None)
        assert all(entry in ENTRIES for entry in entries)
        if whole[place] != ord('\n'):
            lost = (header is None) + len(ENTRIES) - len(entries)
            assert lost == 1 or damaged == 2  # a line break more


def test_lines_of_the_first_version(path):
    path.write_text('{"margin": 0.1}\n[1]\n[2\n[3]\n')
    assert read_journal(path) == (dict(margin=0.1), [[1], [3]], 1)


def test_damage_is_said(path):
    with pytest.warns(InputWarning, match=f'^{path}: 2 lines are damaged'):
        warn_of_damage(path, 2)
    with warnings.catch_warnings():
        warnings.simplefilter('error', InputWarning)
        warn_of_damage(path, 0)


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no /dev/full')
def test_a_full_disk_is_named(tmp_path):
    with (
        pytest.raises(OSError, match='No space') as caught,
        Journal(tmp_path / 'x', 1) as file,
    ):
        os.dup2(os.open('/dev/full', os.O_WRONLY), file._file.fileno())
        file.append(2)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / 'x')
