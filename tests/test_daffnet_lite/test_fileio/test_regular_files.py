import os
import socket
import time

import pytest

from daffnet_lite.fileio.regular_files import open_regular, read_regular


def test_files_and_links_to_files(tmp_path):
    path = tmp_path / 'a.jpg'
    path.write_bytes(b'content')
    (tmp_path / 'link.jpg').symlink_to(path)
    for place in (path, str(path), tmp_path / 'link.jpg'):
        assert read_regular(place) == b'content'
    with open_regular(path) as file:
        assert file.read(3) == b'con'


def test_nothing_else_is_opened(tmp_path):
    os.mkfifo(tmp_path / 'pipe.jpg')
    (tmp_path / 'zero.jpg').symlink_to('/dev/zero')
    begun = time.monotonic()
    with pytest.raises(OSError, match='it is a pipe, and only files'):
        open_regular(tmp_path / 'pipe.jpg')
    with pytest.raises(OSError, match='it is a device, and only files'):
        read_regular(tmp_path / 'zero.jpg')
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / 's.jpg'))
        # not to be opened at all, on Linux
        with pytest.raises(OSError, match=r's\.jpg'):
            read_regular(tmp_path / 's.jpg')
    # none of them waited for anything
    assert time.monotonic() - begun < 1


def test_a_limit_of_bytes(tmp_path):
    path = tmp_path / 'a.jpg'
    path.write_bytes(bytes(10))
    assert len(read_regular(path, 10)) == 10
    with pytest.raises(OSError, match='10 bytes, more than the limit of 9'):
        read_regular(path, 9)
    # of a sparse file nothing is read
    with open(path, 'r+b') as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match='more than the limit'):
        read_regular(path, 2**20)
