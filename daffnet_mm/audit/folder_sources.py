"""Recognise the release that a folder holds, and list its samples."""

import csv
import os.path as osp
import re
from collections.abc import Iterator

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
from daffnet_mm.errors import InputError
from daffnet_mm.fileio.image_folders import find_folders, scan_folder
from daffnet_mm.structures import WBC_ATTRIBUTES
from daffnet_mm.structures.class_names import ALIASES, canonical_class

from .audit_source import AuditSample, AuditSource, unique_title

#: How deep below a folder on the command line releases are looked for.
_DEPTH = 2
_PARTS = tuple(PART_FOLDERS)


class ClassFolders(WBCDataset):
    """Class folders of any origin, for the audit alone."""

    METAINFO = dict(classes=tuple(ALIASES))
    OPTIONAL_CLASSES = tuple(ALIASES)


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
    for found in _walk(folder, _DEPTH):
        if attribute_files(found):
            attribute_folders.append(found)
        else:
            source = read_folder(found)
            source.title = unique_title(source.title, sources)
            sources.append(source)
    if not sources and not attribute_folders:
        raise InputError(
            f'{folder} holds no dataset: expected are class folders (such as '
            'basophil, SNE, Lymphocyte), one of the releases as unzipped, or '
            "WBCAtt's pbc_attr_v1_*.csv"
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
    found = recognise(folder)
    if found is None:
        raise InputError(f'{folder} holds no images of cells')
    release, dataset_type = found
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
        raise InputError(f'{folder} looks like {release}, but holds no image')
    masks = {s['seg_map_path'] for s in listed if 'seg_map_path' in s}
    return AuditSource(release, release, folder, [folder], samples, masks)


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
            for name in scan_folder(folder)[1]
            if name.lower().endswith('.csv')
        )
        if 'img_name' in (columns := _columns(path))
        and columns & set(WBC_ATTRIBUTES)
    ]


def _columns(path: str) -> set[str]:
    with open(
        path, newline='', encoding='utf-8-sig', errors='replace'
    ) as file:
        return set(next(csv.reader(file), []))


def _walk(folder: str, depth: int) -> Iterator[str]:
    """Yield the folder if it is something, else what is in it."""
    if recognise(folder) is not None or attribute_files(folder):
        yield folder
    elif depth:
        for name in scan_folder(folder)[0]:
            yield from _walk(osp.join(folder, name), depth - 1)


def recognise(folder: str) -> tuple[str, type[WBCDataset]] | None:
    """Tell by its layout which release a folder holds.

    Args:
        folder (str): The folder.

    Returns:
        tuple[str, type] | None: Its name, that of the folder for class
        folders of unknown origin, and the dataset that reads it; None if it
        holds no images of cells.
    """
    folders, _ = scan_folder(folder)
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
    parts = [name for name in folders if name.lower() in _PARTS]
    if parts and len(parts) == len(folders):
        inner = [n for p in parts for n in scan_folder(osp.join(folder, p))[0]]
        known = [n for n in inner if canonical_class(n, ALIASES)]
        return (base, ClassFolders) if known else None
    labels = {canonical_class(name, ALIASES): name for name in folders}
    if not set(labels) - {None}:
        return None
    if 'myeloblast' in labels and 'neutrophil_band' in labels:
        return 'LabelledWBC', LabelledWBC
    if ('ig' in labels and 'platelet' in labels) or base.startswith('PBC'):
        return 'PBC', PBC
    if 'LDWBC' in base.upper():
        return 'LDWBC', LDWBC
    for name in labels.values():
        files = scan_folder(osp.join(folder, name))[1]
        if any(re.match(r'BloodImage_\d+_\d+\.', file) for file in files):
            return 'BCCD cropped', BCCD
    return base, ClassFolders
