import errno
import os
import stat
import threading

import pytest

from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.check_outputs import check_out_file


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


def test_a_pipe_is_written_through(tmp_path):
    pipe, link = tmp_path / 'pipe', tmp_path / 'link'
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        read = []
        reader = threading.Thread(
            target=lambda: read.append(pipe.read_bytes())  # noqa: B023
        )
        reader.start()
        check_out_file(path)
        with atomic_write(path) as file:
            file.write('µ')
        reader.join(10)
        assert read == ['µ'.encode()]
    assert stat.S_ISFIFO(pipe.stat().st_mode) and link.is_symlink()
    assert files_in(tmp_path) == ['link', 'pipe']


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no /dev/full')
def test_a_device_is_not_replaced(tmp_path):
    link = tmp_path / 'full'
    link.symlink_to('/dev/full')
    for mode in ('w', 'wb'):
        check_out_file(link)
        with (
            pytest.raises(OSError, match='No space') as caught,
            atomic_write(link, mode) as f,
        ):
            f.write('x' if mode == 'w' else b'x')
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == str(link)
    assert stat.S_ISCHR(os.stat('/dev/full').st_mode)
    with atomic_write('/dev/null') as file:
        file.write('x')
    assert stat.S_ISCHR(os.stat('/dev/null').st_mode)


def test_the_standard_output_of_a_process():
    read, write = os.pipe()
    path = f'/proc/self/fd/{write}'
    if not os.path.exists(path):
        pytest.skip('no /proc')
    with atomic_write(path, 'wb') as file:
        file.write(b'result')
    os.close(write)
    assert os.read(read, 100) == b'result'
    os.close(read)


@pytest.mark.parametrize('name', ['x' * 255, 'ü' * 127])
def test_names_as_long_as_they_can_be(tmp_path, name):
    with atomic_write(tmp_path / name) as file:
        file.write('x')
    assert files_in(tmp_path) == [name]
    with (
        pytest.raises(OSError, match='too long') as caught,
        atomic_write(tmp_path / (name + 'xx')),
    ):
        pass
    assert caught.value.errno == errno.ENAMETOOLONG
    assert caught.value.filename == str(tmp_path / (name + 'xx'))


def test_errors_have_the_name_of_the_file(tmp_path):
    with (
        pytest.raises(OSError, match='No space') as caught,
        atomic_write(tmp_path / 'x') as f,
    ):
        f.write('x' * 100)
        # as the system says of a full disk, without a name
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(tmp_path / 'x')
    with (
        pytest.raises(FileNotFoundError) as caught,
        atomic_write(tmp_path / 'x'),
    ):
        (tmp_path / 'other').read_bytes()
    assert caught.value.filename == str(tmp_path / 'other')
