import errno
import os

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write, check_outputs
from daffnet_lite.fileio.check_outputs import check_out_dir, check_out_file


@pytest.fixture
def file(tmp_path):
    file = tmp_path / 'file'
    file.write_text('as it was')
    return file


def test_what_can_be_written_is_left_alone(tmp_path, file):
    link = tmp_path / 'link'
    link.symlink_to('not/there')
    good = [file, tmp_path / 'new', tmp_path / 'not' / 'there', link]
    for path in [*good, *map(str, good), None]:
        check_out_file(path)
    for path in (tmp_path, tmp_path / 'not' / 'there', link, 'here', None):
        check_out_dir(path)
    assert {*tmp_path.iterdir()} == {file, link}
    assert file.read_text() == 'as it was'
    for path in good:
        with atomic_write(path) as f:
            f.write('new')


@pytest.mark.parametrize('check', [check_out_file, check_out_dir])
def test_below_a_file(check, file):
    for path in (file / 'a', file / 'a' / 'b'):
        with pytest.raises(InputError, match=f'^{path} .*{file} is no folder'):
            check(path)


def test_one_for_the_other(tmp_path, file):
    with pytest.raises(InputError, match='is a folder, but a file is to be'):
        check_out_file(tmp_path)
    with pytest.raises(InputError, match='is no folder: name another place'):
        check_out_dir(file)
    link = tmp_path / 'link'
    link.symlink_to(tmp_path)
    with pytest.raises(InputError, match='is a folder'):
        check_out_file(link)


@pytest.mark.parametrize('check', [check_out_file, check_out_dir])
def test_a_full_or_read_only_disk(check, tmp_path, monkeypatch):
    def refuse(dir):
        assert dir == tmp_path
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(check_outputs, 'TemporaryFile', refuse)
    with pytest.raises(InputError, match='Read-only file system'):
        check(tmp_path / 'not' / 'there')


@pytest.mark.skipif(
    not hasattr(os, 'geteuid') or os.geteuid() == 0,
    reason='the superuser may write everywhere',
)
def test_a_folder_of_somebody_else(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match='Permission denied'):
        check_out_dir(tmp_path)
