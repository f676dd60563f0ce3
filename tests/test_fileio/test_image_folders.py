import os

import pytest
from cell_trees import paint

from daffnet_mm.errors import InputError
from daffnet_mm.fileio.image_folders import (
    find_folders,
    list_image_files,
    scan_folder,
)


def test_images_of_all_formats_and_depths(tmp_path):
    for name in (
        'b.BMP',
        'a.jpeg',
        'deep/er/c.png',
        'notes.txt',
        '.d.jpg',
        '.hidden/e.jpg',
        '__MACOSX/f.jpg',
        'Thumbs.db',
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list_image_files(str(tmp_path)) == [
        'a.jpeg',
        'b.BMP',
        'deep/er/c.png',
    ]


def test_the_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    for number in (3, 1, 2):
        paint(tmp_path / f'{number}.jpg')
    scan = os.scandir

    class Reversed:
        def __init__(self, folder):
            with scan(folder) as entries:
                self.entries = sorted(
                    entries, key=lambda e: e.name, reverse=True
                )

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, 'scandir', Reversed)
    assert list_image_files(str(tmp_path)) == ['1.jpg', '2.jpg', '3.jpg']


def test_links_to_images_and_folders_are_followed(tmp_path):
    paint(tmp_path / 'elsewhere' / '1.jpg')
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'linked').symlink_to(tmp_path / 'elsewhere')
    (root / '2.jpg').symlink_to(tmp_path / 'elsewhere' / '1.jpg')
    assert list_image_files(str(root)) == ['2.jpg', 'linked/1.jpg']


@pytest.mark.parametrize('place', ['loop', 'deep/loop'])
def test_a_link_to_a_folder_above(tmp_path, place):
    link = tmp_path / 'basophil' / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / 'basophil')
    with pytest.raises(
        InputError,
        match='loop is a symbolic link that leads '
        'back to a folder above it; remove it',
    ):
        list_image_files(str(tmp_path / 'basophil'))


def test_a_link_to_itself(tmp_path):
    (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
    with pytest.raises(
        InputError,
        match='loop is a symbolic link that leads back to itself; remove it',
    ):
        scan_folder(str(tmp_path))


def test_what_is_no_folder(tmp_path):
    paint(tmp_path / '1.jpg')
    with pytest.raises(InputError, match=r'1.jpg cannot be read \(Not a dir'):
        scan_folder(str(tmp_path / '1.jpg'))
    with pytest.raises(InputError, match=r'cannot be read \(File name too lo'):
        scan_folder(str(tmp_path / ('long' * 2000)))


def test_a_name_that_no_split_file_can_hold(tmp_path):
    try:
        with open(os.fsencode(tmp_path) + b'/\xff.jpg', 'wb'):
            pass
    except OSError:
        pytest.skip('this file system takes valid names only')
    with pytest.raises(InputError, match='not valid UTF-8; rename it') as e:
        scan_folder(str(tmp_path))
    # printable, whatever the terminal
    str(e.value).encode('ascii')


def test_folders_by_other_spellings(tmp_path):
    for name in ('train', 'Test-A', 'testb'):
        (tmp_path / name).mkdir()
    assert find_folders(str(tmp_path), ('Train', 'TestA', 'TestC')) == dict(
        Train='train', TestA='Test-A'
    )
