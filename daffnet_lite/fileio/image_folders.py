"""Reading the folders of a download, with a sentence for what is amiss."""

import errno
import glob
import os
import os.path as osp
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from daffnet_lite.errors import InputError
from daffnet_lite.structures.class_names import plain

from .names import is_valid_unicode, printable

#: Endings of the files that are taken from folders, in lower case: those of
#: the formats that the decoder reads.
IMAGE_EXTENSIONS = (
    *('.jpg', '.jpeg', '.jpe', '.jfif', '.mpo'),
    *('.png', '.apng', '.bmp', '.dib', '.tif', '.tiff'),
    *('.gif', '.webp', '.avif', '.avifs'),
    *('.jp2', '.j2k', '.jpc', '.jpf', '.jpx', '.j2c'),
    *('.ppm', '.pgm', '.pbm', '.pnm', '.pfm'),
)

#: Endings of images that are not read: slides, microscopes, medicine,
#: cameras, drawings, films.
OTHER_IMAGE_EXTENSIONS = (
    *('.svs', '.ndpi', '.scn', '.mrxs', '.vms', '.vmu', '.bif', '.vsi'),
    *('.czi', '.lif', '.lsm', '.nd2', '.oib', '.oif', '.zvi', '.stk', '.ims'),
    *('.dcm', '.dicom', '.nii', '.nii.gz', '.nrrd', '.mha', '.mhd'),
    *('.heic', '.heif', '.hif', '.jxl', '.jxr', '.exr', '.hdr'),
    *('.cr2', '.cr3', '.nef', '.arw', '.dng', '.orf', '.rw2', '.raf', '.raw'),
    *('.psd', '.xcf', '.tga', '.pcx', '.ico', '.fits', '.svg', '.eps'),
    *('.avi', '.mp4', '.mov', '.mkv', '.wmv'),
)

#: What macOS adds to the archives that it packs.
_PACKING = ('__MACOSX',)


class FolderEntries(NamedTuple):
    """What lies in a folder, without what is hidden.

    Attributes:
        folders (list[str]): Names of the subfolders, sorted.
        files (list[str]): Names of all else, sorted.
        faults (list[str]): A sentence for each entry that is neither.
    """

    folders: list[str]
    files: list[str]
    faults: list[str]


@dataclass
class ImageListing:
    """The images of a folder, or of several places.

    Attributes:
        images (list[str]): Paths of the images.
        left_out (list[str]): Paths of images of kinds that are not read.
        faults (list[str]): A sentence for each entry that cannot be used, such
            as a folder that may not be read.
    """

    images: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def is_image_name(name: str) -> bool:
    """Say whether a file is an image that is read, by its ending."""
    return name.lower().endswith(IMAGE_EXTENSIONS)


def is_other_image_name(name: str) -> bool:
    """Say whether a file is an image that is not read, by its ending."""
    return name.lower().endswith(OTHER_IMAGE_EXTENSIONS)


def scan_folder(folder: str) -> FolderEntries:
    """List a folder without what is hidden.

    Args:
        folder (str): Path of the folder.

    Returns:
        FolderEntries: What lies in it. Symbolic links count as what they
        point to; one that leads back to itself is a fault.

    Raises:
        InputError: If the folder cannot be read.
    """
    folders: list[str] = []
    files: list[str] = []
    faults: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith('.') or name in _PACKING:
                    continue
                try:
                    (folders if entry.is_dir() else files).append(name)
                except OSError as e:
                    faults.append(_describe(entry.path, e))
    except OSError as e:
        raise InputError(_describe(folder, e)) from e
    return FolderEntries(sorted(folders), sorted(files), sorted(faults))


def _describe(path: str, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return (
            f'{printable(path)} is a symbolic link that leads back to '
            'itself; remove it'
        )
    return f'folder {printable(path)} cannot be read ({error.strerror})'


def walk_folder(
    folder: str, _above: tuple[tuple[int, int], ...] = ()
) -> tuple[list[str], list[str]]:
    """List all files in a folder and its subfolders, but hidden ones.

    A subfolder that cannot be read, or a link that leads back to a folder
    above it, costs what lies in it and nothing else.

    Args:
        folder (str): Path of the folder.

    Returns:
        tuple[list[str], list[str]]: Sorted paths relative to ``folder``, with
        forward slashes; and a sentence for each entry that cannot be used.

    Raises:
        InputError: If the folder itself cannot be read.
    """
    folders, files, faults = scan_folder(folder)
    status = os.stat(folder)
    above = (*_above, (status.st_dev, status.st_ino))
    for name in folders:
        path = osp.join(folder, name)
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in above:
                raise InputError(
                    f'{printable(path)} is a symbolic link that leads back '
                    'to a folder above it; remove it'
                )
            inner, inner_faults = walk_folder(path, above)
        except InputError as e:
            faults.append(str(e))
        except OSError as e:
            faults.append(_describe(path, e))
        else:
            files += [f'{name}/{file}' for file in inner]
            faults += inner_faults
    return sorted(files), faults


def list_image_files(
    folder: str, for_tables: bool = False, also: tuple[str, ...] = ()
) -> ImageListing:
    """List the images in a folder and its subfolders.

    Args:
        folder (str): Path of the folder.
        for_tables (bool): Whether the names will stand in CSV files: one that
            is not valid UTF-8 is then a fault. Defaults to False.
        also (tuple[str, ...]): Further endings, in lower case, of images that
            are read here. Defaults to none.

    Returns:
        ImageListing: Sorted paths relative to ``folder``, with forward
        slashes.

    Raises:
        InputError: If the folder itself cannot be read.
    """
    files, faults = walk_folder(folder)
    listing = ImageListing(faults=faults)
    for name in files:
        is_also = name.lower().endswith(also)
        if is_other_image_name(name) and not is_also:
            listing.left_out.append(name)
        elif is_image_name(name) or is_also:
            if for_tables and not is_valid_unicode(name):
                listing.faults.append(
                    f'the name of {printable(osp.join(folder, name))} is not '
                    'valid UTF-8, so that no CSV file could hold it; rename '
                    'it'
                )
            else:
                listing.images.append(name)
    return listing


def find_images(
    places: Iterable[str], also: tuple[str, ...] = ()
) -> ImageListing:
    """List the images of files, folders and patterns.

    A file that is named counts whatever its ending; from a folder, also one
    that a pattern matches, images are taken by :func:`list_image_files`.

    Args:
        places (Iterable[str]): Files, folders or patterns such as
            ``'cells/*.png'``.
        also (tuple[str, ...]): As for :func:`list_image_files`.

    Returns:
        ImageListing: Their paths, each once; those of a folder or a pattern
        sorted.

    Raises:
        InputError: If one gives no image.
    """
    listing = ImageListing()
    for place in places:
        if osp.lexists(place):
            matches = [place]
        else:
            matches = sorted(glob.glob(place, recursive=True))
        found = ImageListing()
        for match in matches:
            if not osp.isdir(match):
                found.images.append(match)
                continue
            inner = list_image_files(match, also=also)
            found.images += [osp.join(match, name) for name in inner.images]
            found.left_out += [
                osp.join(match, name) for name in inner.left_out
            ]
            found.faults += inner.faults
        if not found.images:
            reasons = [*describe_left_out(found.left_out), *found.faults]
            endings = ', '.join((*IMAGE_EXTENSIONS, *also))
            raise InputError(
                f'{printable(place)} gives no image: expected is an image, a '
                f'folder with images ({endings}), or a pattern that matches '
                'some' + ''.join(f'; {reason}' for reason in reasons)
            )
        listing.images += found.images
        listing.left_out += found.left_out
        listing.faults += found.faults
    listing.images = _each_once(listing.images)
    listing.left_out = _each_once(listing.left_out)
    return listing


def _each_once(paths: Iterable[str]) -> list[str]:
    """A folder and a pattern may give one file, under two names."""
    once: dict[str, str] = {}
    for path in paths:
        once.setdefault(osp.abspath(path), path)
    return list(once.values())


def describe_left_out(
    names: Iterable[str], what: str = 'left out'
) -> list[str]:
    """Say which kinds of images were left out, and how many of each.

    Args:
        names (Iterable[str]): The files that were left out.
        what (str): What became of them. Defaults to ``'left out'``.

    Returns:
        list[str]: One sentence, or none.
    """
    first: dict[str, str] = {}
    number: Counter[str] = Counter()
    for name in names:
        ending = next(
            e for e in OTHER_IMAGE_EXTENSIONS if name.lower().endswith(e)
        )
        first.setdefault(ending, printable(name))
        number[ending] += 1
    if not number:
        return []
    kinds = ', '.join(
        f'{number[ending]} {ending} (first {first[ending]})'
        for ending in sorted(number)
    )
    sentence = (
        f'{what}, for images of their kind are not read: {kinds}; save them '
        'as PNG or TIFF'
    )
    return [sentence]


def find_folders(folder: str, names: Iterable[str]) -> dict[str, str]:
    """Find subfolders by name, whatever their case and separators.

    Args:
        folder (str): Path of the folder.
        names (Iterable[str]): The names looked for, such as ``'TestA'``.

    Returns:
        dict[str, str]: The name on disk of each that is there, such as
        ``'Test-A'``.
    """
    found = {plain(name): name for name in scan_folder(folder).folders}
    return {name: found[plain(name)] for name in names if plain(name) in found}


def join(*parts: str) -> str:
    """Join parts of a relative path with forward slashes; empty ones fall out.

    Args:
        *parts (str): Such as ``'Train'``, ``'Basophil'``, ``'1.jpg'``.

    Returns:
        str: Such as ``'Train/Basophil/1.jpg'``.
    """
    return '/'.join(part for part in parts if part)
