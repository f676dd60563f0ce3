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


@pytest.mark.parametrize('there', [True, False])
@pytest.mark.parametrize('error', [OSError('disk full'), KeyboardInterrupt()])
@pytest.mark.parametrize('function', ['write', 'fsync', 'replace'])
def test_an_interrupted_write_changes_nothing(
    tmp_path, monkeypatch, function, error, there
):
    def fail(*args):
        raise error

    path = tmp_path / 'result.json'
    if there:
        path.write_text('old')
    if function != 'write':
        monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)), atomic_write(path) as file:
        file.write('half of the n')
        file.flush()
        if function == 'write':
            fail()
    assert files_in(tmp_path) == ['result.json'] * there
    assert not there or path.read_text() == 'old'


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


@pytest.mark.parametrize(
    ('name', 'mode', 'error', 'message'),
    [
        ('x', 'a', ValueError, "'w' or 'wb', not 'a'"),
        ('.', 'w', IsADirectoryError, 'is a folder'),
    ],
)
def test_bad_arguments(tmp_path, name, mode, error, message):
    with (
        pytest.raises(error, match=message),
        atomic_write(tmp_path / name, mode),
    ):
        pass
