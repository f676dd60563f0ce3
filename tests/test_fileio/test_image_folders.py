import os
from contextlib import contextmanager

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

    @contextmanager
    def backwards(folder):
        with scan(folder) as entries:
            yield sorted(entries, key=lambda e: e.name, reverse=True)

    monkeypatch.setattr(os, 'scandir', backwards)
    assert list_image_files(str(tmp_path)) == ['1.jpg', '2.jpg', '3.jpg']


def test_links_to_images_and_folders_are_followed(tmp_path):
    paint(tmp_path / 'elsewhere' / '1.jpg')
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'linked').symlink_to(tmp_path / 'elsewhere')
    (root / '2.jpg').symlink_to(tmp_path / 'elsewhere' / '1.jpg')
    assert list_image_files(str(root)) == ['2.jpg', 'linked/1.jpg']


@pytest.mark.parametrize(
    ('place', 'target', 'where'),
    [
        ('loop', '.', 'a folder above it'),
        ('deep/loop', '.', 'a folder above it'),
        ('loop', 'loop', 'itself'),
    ],
)
def test_a_link_that_leads_back(tmp_path, place, target, where):
    link = tmp_path / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / target)
    sentence = f'loop is a symbolic link that leads back to {where}; remove it'
    with pytest.raises(InputError, match=sentence):
        list_image_files(str(tmp_path))


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
