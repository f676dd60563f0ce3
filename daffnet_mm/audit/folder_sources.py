"""Recognise the release that a folder holds, and list its samples."""

import os.path as osp
import re
import warnings
from collections.abc import Iterator

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.csv_files import find_columns
from daffnet_lite.fileio.image_folders import (
    find_folders,
    is_image_name,
    scan_folder,
)
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_lite.structures.class_names import ALIASES, canonical_class
from daffnet_mm.datasets import (
    BCCD,
    JTSC,
    LDWBC,
    LISC,
    PBC,
    LabelledWBC,
    RaabinWBC,
    WBCDataset,
)
from daffnet_mm.datasets.wbc_dataset import PART_FOLDERS

from .audit_source import AuditSample, AuditSource, unique_title

#: How deep below a folder on the command line releases are looked for.
_DEPTH = 2
_PARTS = tuple(PART_FOLDERS)
_ATTRIBUTE_COLUMNS = ('img_name', *WBC_ATTRIBUTES)


class ClassFolders(WBCDataset):
    """Class folders of any origin, for the audit alone.

    A folder whose name means none of the known classes is a class of its own.
    """

    METAINFO = dict(classes=tuple(ALIASES))
    OPTIONAL_CLASSES = tuple(ALIASES)

    def class_of_name(self, name: str, where: str) -> str:
        """Find the class that a folder means, or take its name as it is."""
        return canonical_class(name, ALIASES) or name


def find_releases(folder: str) -> tuple[list[AuditSource], list[str]]:
    """List the releases and attribute files in a folder.

    Args:
        folder (str): A release, a folder with attribute files, or a folder
            with such folders.

    Returns:
        tuple[list[AuditSource], list[str]]: The releases, and the folders
        with attribute files.

    Raises:
        InputError: If there is neither, or a release is not complete.
    """
    sources: list[AuditSource] = []
    attribute_folders: list[str] = []
    places = list(_walk(folder, _DEPTH))
    if not places:
        # No class has a known name: what holds folders of images will do.
        places = list(_walk_any(folder, _DEPTH))
    for found in places:
        if attribute_files(found):
            attribute_folders.append(found)
        else:
            source = read_folder(found)
            source.title = unique_title(source.title, sources)
            sources.append(source)
    if not sources and not attribute_folders:
        raise InputError(
            f'{folder} holds no dataset: expected are class folders (a '
            'folder of images for each cell type), one of the releases as '
            "unzipped, or WBCAtt's pbc_attr_v1_*.csv"
        )
    return sources, attribute_folders


def read_folder(folder: str) -> AuditSource:
    """List the samples of a release, by its own parts where it has any.

    Args:
        folder (str): The folder.

    Returns:
        AuditSource: The release.

    Raises:
        InputError: If the tree is not that of the release.
    """
    release, dataset_type = recognise(folder) or _any_class_folders(folder)
    dataset = dataset_type(folder, official_split=True, lazy_init=True)
    listed = dataset.list_samples()
    samples = [
        AuditSample(
            name=sample['name'],
            path=sample['path'],
            label=sample['label'],
            group=sample['group'],
            parts={sample['part']} - {None},
            box=tuple(sample['box']) if 'box' in sample else None,
        )
        for sample in listed
    ]
    if not samples:
        raise InputError(
            f'{folder} looks like {release}, but holds no image in the '
            'folders of its classes'
        )
    masks = {s['seg_map_path'] for s in listed if 'seg_map_path' in s}
    return AuditSource(
        release,
        release,
        folder,
        [folder],
        samples,
        masks,
        faults=dataset.faults,
    )


def attribute_files(folder: str) -> list[str]:
    """Find the CSV files in a folder that annotate attributes.

    Args:
        folder (str): The folder.

    Returns:
        list[str]: Their paths, sorted.
    """
    return [
        path
        for path in (
            osp.join(folder, name)
            for name in scan_folder(folder).files
            if name.lower().endswith('.csv')
        )
        if _annotates(path)
    ]


def _annotates(path: str) -> bool:
    # A damaged one of WBCAtt's is to be told, not passed over.
    if osp.basename(path).startswith('pbc_attr_'):
        return True
    try:
        columns = find_columns(path, _ATTRIBUTE_COLUMNS)
    except InputError:
        return False
    return 'img_name' in columns and len(columns) > 1


def _walk(folder: str, depth: int) -> Iterator[str]:
    """Yield the folder if it is something, else what is in it."""
    if recognise(folder) is not None or attribute_files(folder):
        yield folder
    elif depth:
        for inner in _readable_folders(folder):
            yield from _walk(inner, depth - 1)


def _walk_any(folder: str, depth: int) -> Iterator[str]:
    """Yield the uppermost folders whose subfolders hold images."""
    folders = _readable_folders(folder)
    if any(
        is_image_name(file)
        for inner in folders
        for file in scan_folder(inner).files
    ) or _are_parts([osp.basename(inner) for inner in folders]):
        yield folder
    elif depth:
        for inner in folders:
            yield from _walk_any(inner, depth - 1)


def _readable_folders(folder: str) -> list[str]:
    """Paths of the subfolders that may be read."""
    readable = []
    for name in scan_folder(folder).folders:
        path = osp.join(folder, name)
        try:
            scan_folder(path)
        except InputError as e:
            warnings.warn(str(e), InputWarning, stacklevel=2)
        else:
            readable.append(path)
    return readable


def _are_parts(folders: list[str]) -> bool:
    return bool(folders) and all(name.lower() in _PARTS for name in folders)


def _any_class_folders(folder: str) -> tuple[str, type[WBCDataset]]:
    return osp.basename(osp.abspath(folder)), ClassFolders


def recognise(folder: str) -> tuple[str, type[WBCDataset]] | None:
    """Tell by its layout which release a folder holds.

    Args:
        folder (str): The folder.

    Returns:
        tuple[str, type] | None: Its name, that of the folder for class
        folders of unknown origin, and the dataset that reads it; None if it
        holds no images of cells.
    """
    folders = scan_folder(folder).folders
    if JTSC.IMAGES in folders:
        return 'JTSC', JTSC
    if LISC.IMAGES in folders:
        return 'LISC', LISC
    for between in ('', 'BCCD'):
        if osp.isdir(osp.join(folder, between, 'Annotations')):
            return 'BCCD detection', BCCD
    if 'images' in folders and find_folders(
        osp.join(folder, 'images'), BCCD.SUBSETS
    ):
        return 'BCCD Kaggle', BCCD
    if find_folders(folder, ('TestA', 'TestB')):
        return 'RaabinWBC', RaabinWBC
    return _recognise_class_folders(folder, folders)


def _recognise_class_folders(
    folder: str, folders: list[str]
) -> tuple[str, type[WBCDataset]] | None:
    base = osp.basename(osp.abspath(folder))
    if _are_parts(folders):
        known = [
            inner
            for part in _readable_folders(folder)
            for inner in scan_folder(part).folders
            if canonical_class(inner, ALIASES)
        ]
        return _any_class_folders(folder) if known else None
    labels = {canonical_class(name, ALIASES): name for name in folders}
    if not set(labels) - {None}:
        return None
    if None in labels:
        # No release has folders beside those of its classes.
        return _any_class_folders(folder)
    if 'myeloblast' in labels and 'neutrophil_band' in labels:
        return 'LabelledWBC', LabelledWBC
    if ('ig' in labels and 'platelet' in labels) or base.startswith('PBC'):
        return 'PBC', PBC
    if 'LDWBC' in base.upper():
        return 'LDWBC', LDWBC
    for path in _readable_folders(folder):
        files = scan_folder(path).files
        if any(re.match(r'BloodImage_\d+_\d+\.', file) for file in files):
            return 'BCCD cropped', BCCD
    return _any_class_folders(folder)
