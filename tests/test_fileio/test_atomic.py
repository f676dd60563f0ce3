import os
import stat

import pytest

from daffnet_mm.fileio import atomic_write


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_text_and_bytes_and_makes_the_folder(tmp_path):
    text, data = tmp_path / 'a' / 'b' / 'x.txt', tmp_path / 'x.bin'
    with atomic_write(text) as file:
        file.write('µm\r\nend\n')
    with atomic_write(data, 'wb') as file:
        file.write(b'\x00\xff')
    assert text.read_bytes() == 'µm\r\nend\n'.encode()
    assert data.read_bytes() == b'\x00\xff'
    assert files_in(text.parent) == ['x.txt']


@pytest.mark.parametrize('error', [OSError('disk full'), KeyboardInterrupt()])
def test_an_interrupted_write_keeps_the_old_file(tmp_path, error):
    path = tmp_path / 'result.json'
    path.write_text('old')
    with pytest.raises(type(error)), atomic_write(path) as file:
        file.write('half of the n')
        file.flush()
        assert path.read_text() == 'old'
        raise error
    assert path.read_text() == 'old'
    assert files_in(tmp_path) == ['result.json']


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), atomic_write(tmp_path / 'new.csv'):
        raise RuntimeError
    assert files_in(tmp_path) == []


def test_a_failing_rename_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'result.json'
    path.write_text('old')

    def refuse(*args):
        raise PermissionError

    monkeypatch.setattr(os, 'replace', refuse)
    with pytest.raises(PermissionError), atomic_write(path) as file:
        file.write('new')
    assert path.read_text() == 'old'
    assert files_in(tmp_path) == ['result.json']


def test_permissions_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic_write(tmp_path / 'x') as file:
            file.write('x')
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / 'x').stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / 'target', tmp_path / 'link'
    target.write_text('old')
    link.symlink_to(target)
    with atomic_write(link) as file:
        file.write('new')
    assert link.is_symlink() and target.read_text() == 'new'


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="'w' or 'wb', not 'a'"):
        with atomic_write(tmp_path / 'x', 'a'):
            pass
    with pytest.raises(IsADirectoryError, match='is a folder'):
        with atomic_write(tmp_path):
            pass
