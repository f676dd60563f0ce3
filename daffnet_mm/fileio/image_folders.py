"""Reading the folders of a download, with a sentence for what is amiss."""

import errno
import os
import os.path as osp
from collections.abc import Iterable

from daffnet_mm.errors import InputError
from daffnet_mm.structures.class_names import plain

#: What counts as an image, in lower case.
IMAGE_EXTENSIONS = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff')

#: What macOS adds to the archives that it packs.
_PACKING = ('__MACOSX',)


def scan_folder(folder: str) -> tuple[list[str], list[str]]:
    """List a folder without what is hidden.

    Args:
        folder (str): Path of the folder.

    Returns:
        tuple[list[str], list[str]]: Names of its subfolders and of its files,
        each sorted. Symbolic links count as what they point to.

    Raises:
        InputError: If the folder cannot be read, if one of its links leads
            back to itself, or if a name is not valid Unicode, so that no
            split file could hold it.
    """
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith('.') or name in _PACKING:
                    continue
                if not name.isascii():
                    name.encode()
                (folders if entry.is_dir() else files).append(name)
    except UnicodeEncodeError as e:
        raise InputError(
            f'folder {folder!a} holds {name!a}, whose name is not valid '
            'UTF-8; rename it'
        ) from e
    except OSError as e:
        path = e.filename or folder
        if e.errno == errno.ELOOP:
            raise InputError(
                f'{path} is a symbolic link that leads back to '
                'itself; remove it'
            ) from e
        raise InputError(f'folder {path} cannot be read ({e.strerror})') from e
    return sorted(folders), sorted(files)


def list_image_files(
    folder: str, _above: tuple[tuple[int, int], ...] = ()
) -> list[str]:
    """List the images in a folder and its subfolders.

    Args:
        folder (str): Path of the folder.

    Returns:
        list[str]: Sorted paths relative to ``folder``, with forward slashes.

    Raises:
        InputError: As for :func:`scan_folder`, and if a symbolic link leads
            back to a folder above it.
    """
    folders, files = scan_folder(folder)
    images = [f for f in files if f.lower().endswith(IMAGE_EXTENSIONS)]
    status = os.stat(folder)
    identity = (status.st_dev, status.st_ino)
    if identity in _above:
        raise InputError(
            f'{folder} is a symbolic link that leads back to a '
            'folder above it; remove it'
        )
    for name in folders:
        images += [
            f'{name}/{image}'
            for image in list_image_files(
                osp.join(folder, name), (*_above, identity)
            )
        ]
    return sorted(images)


def find_folders(folder: str, names: Iterable[str]) -> dict[str, str]:
    """Find subfolders by name, whatever their case and separators.

    Args:
        folder (str): Path of the folder.
        names (Iterable[str]): The names looked for, such as ``'TestA'``.

    Returns:
        dict[str, str]: The name on disk of each that is there, such as
        ``'Test-A'``.
    """
    found = {plain(name): name for name in scan_folder(folder)[0]}
    return {name: found[plain(name)] for name in names if plain(name) in found}


def join(*parts: str) -> str:
    """Join parts of a relative path with forward slashes; empty ones fall out.

    Args:
        *parts (str): Such as ``'Train'``, ``'Basophil'``, ``'1.jpg'``.

    Returns:
        str: Such as ``'Train/Basophil/1.jpg'``.
    """
    return '/'.join(part for part in parts if part)
