import os
from contextlib import contextmanager

import pytest
from cell_trees import paint
from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import readable_formats
from daffnet_lite.fileio.image_folders import (
    IMAGE_EXTENSIONS,
    describe_left_out,
    find_folders,
    find_images,
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
    listing = list_image_files(str(tmp_path))
    assert listing.images == ['a.jpeg', 'b.BMP', 'deep/er/c.png']
    assert listing.left_out == listing.faults == []


def test_folders_give_what_the_decoder_reads():
    """Against Pillow's own list of endings."""
    formats = (*readable_formats(), 'MPO')
    endings = {
        ending
        for ending, name in Image.registered_extensions().items()
        if name in formats
    }
    assert endings <= set(IMAGE_EXTENSIONS)
    assert {'.webp', '.gif', '.jp2', '.jfif', '.jpe'} <= endings


def test_images_of_other_kinds_are_counted(tmp_path):
    names = 'a.dcm b/c.DCM b/d.svs e.heic f.nii.gz g.png .h.dcm i.txt'
    for name in names.split():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    listing = list_image_files(str(tmp_path))
    assert listing.images == ['g.png']
    (sentence,) = describe_left_out(listing.left_out)
    assert (
        '2 .dcm (first a.dcm), 1 .heic (first e.heic), 1 .nii.gz (first '
        'f.nii.gz), 1 .svs (first b/d.svs); save them as PNG or TIFF'
    ) in sentence
    assert describe_left_out([]) == []


def test_the_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    for number in (3, 1, 2):
        paint(tmp_path / f'{number}.jpg')
    scan = os.scandir

    @contextmanager
    def backwards(folder):
        with scan(folder) as entries:
            yield sorted(entries, key=lambda e: e.name, reverse=True)

    monkeypatch.setattr(os, 'scandir', backwards)
    images = list_image_files(str(tmp_path)).images
    assert images == ['1.jpg', '2.jpg', '3.jpg']


def test_links_to_images_and_folders_are_followed(tmp_path):
    paint(tmp_path / 'elsewhere' / '1.jpg')
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'linked').symlink_to(tmp_path / 'elsewhere')
    (root / '2.jpg').symlink_to(tmp_path / 'elsewhere' / '1.jpg')
    images = list_image_files(str(root)).images
    assert images == ['2.jpg', 'linked/1.jpg']


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
    paint(link.parent / '1.jpg')
    listing = list_image_files(str(tmp_path))
    # it costs itself, and nothing beside it
    assert len(listing.images) == 1
    (sentence,) = listing.faults
    assert sentence == (
        f'{link} is a symbolic link that leads back to {where}; remove it'
    )


def test_a_subfolder_that_may_not_be_read(tmp_path, monkeypatch):
    for name in ('a/1.jpg', 'closed/2.jpg', 'closed/in/3.jpg', 'z/4.jpg'):
        paint(tmp_path / name)
    scan = os.scandir

    def refuse(folder):
        if os.path.basename(folder) == 'closed':
            raise PermissionError(13, 'Permission denied', str(folder))
        return scan(folder)

    # not by its mode, which means nothing to root
    monkeypatch.setattr(os, 'scandir', refuse)
    listing = list_image_files(str(tmp_path))
    assert listing.images == ['a/1.jpg', 'z/4.jpg']
    assert listing.faults == [
        f'folder {tmp_path}/closed cannot be read (Permission denied)'
    ]
    with pytest.raises(InputError, match='closed cannot be read'):
        list_image_files(str(tmp_path / 'closed'))


def test_what_is_no_folder(tmp_path):
    paint(tmp_path / '1.jpg')
    with pytest.raises(InputError, match=r'1.jpg cannot be read \(Not a dir'):
        scan_folder(str(tmp_path / '1.jpg'))
    with pytest.raises(InputError, match=r'cannot be read \(File name too lo'):
        scan_folder(str(tmp_path / ('long' * 2000)))


def test_a_name_that_no_csv_file_can_hold(tmp_path):
    paint(tmp_path / '1.jpg')
    try:
        with open(os.fsencode(tmp_path) + b'/\xff.jpg', 'wb'):
            pass
    except OSError:
        pytest.skip('this file system takes valid names only')
    assert list_image_files(str(tmp_path)).images == ['1.jpg', '\udcff.jpg']
    listing = list_image_files(str(tmp_path), for_tables=True)
    assert listing.images == ['1.jpg']
    (sentence,) = listing.faults
    assert 'not valid UTF-8' in sentence and 'rename it' in sentence
    # printable, whatever the terminal
    sentence.encode('ascii')


def test_images_of_files_folders_and_patterns(tmp_path):
    for name in ('b/2.jpg', 'b/1.jpg', 'a.png', '[left].png'):
        paint(tmp_path / name)
    (tmp_path / 'b' / '3.dcm').touch()
    (tmp_path / 'notes.txt').touch()

    def found(*places):
        listing = find_images([str(tmp_path / place) for place in places])
        return [os.path.relpath(path, tmp_path) for path in listing.images]

    assert found('b') == ['b/1.jpg', 'b/2.jpg']
    # as named, each once; a pattern's folders count as folders
    assert found('b/2.jpg', 'b', '**/*.jpg') == ['b/2.jpg', 'b/1.jpg']
    assert found('?') == ['b/1.jpg', 'b/2.jpg']
    assert found('b', './b', 'b/../b/2.jpg') == ['b/1.jpg', 'b/2.jpg']
    # what is named is tried, whatever its ending
    assert found('notes.txt', '[left].png') == ['notes.txt', '[left].png']
    listing = find_images([str(tmp_path)])
    assert listing.left_out == [str(tmp_path / 'b' / '3.dcm')]
    with pytest.raises(InputError, match='none gives no image: expected is'):
        found('b', 'none')
    (tmp_path / 'scans').mkdir()
    (tmp_path / 'scans' / '1.svs').touch()
    with pytest.raises(InputError, match=r'scans gives no .* 1 \.svs \(first'):
        found('scans')


def test_folders_by_other_spellings(tmp_path):
    for name in ('train', 'Test-A', 'testb'):
        (tmp_path / name).mkdir()
    assert find_folders(str(tmp_path), ('Train', 'TestA', 'TestC')) == dict(
        Train='train', TestA='Test-A'
    )
