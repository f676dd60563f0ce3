"""Crop the white cells of all images in a folder."""

import os.path as osp
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from daffnet_lite.cropping.boxes import check_margin, crop_window
from daffnet_lite.cropping.segmentation import check_chain, segment_cells
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import Claim
from daffnet_lite.fileio.csv_files import write_csv_rows
from daffnet_lite.fileio.image_decoding import (
    DECODING_ERRORS,
    decode_image,
)
from daffnet_lite.fileio.image_folders import (
    describe_left_out,
    list_image_files,
)
from daffnet_lite.fileio.image_limits import MAX_PIXELS, max_bytes
from daffnet_lite.fileio.image_reading import group_remarks
from daffnet_lite.fileio.journals import Journal, read_journal, warn_of_damage
from daffnet_lite.fileio.names import printable, unique_stems
from daffnet_lite.fileio.pixel_values import check_bit_depth
from daffnet_lite.fileio.regular_files import read_regular

from .crop_table import CROP_COLUMNS, CROP_TABLE, read_fields
from .folder_job import (
    check_folders,
    check_settings,
    check_there,
    owned,
    refusal,
    run_jobs,
    warn_of,
    written,
)
from .mask_boxes import boxes_of_mask, find_lisc_masks

#: One JSON line an image that is finished, after one with the settings.
_JOURNAL = '.crop_cells.jsonl'


def crop_folder(
    source: str | Path,
    target: str | Path,
    margin: float = 0.1,
    num_workers: int = 2,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
    chain: str = 'own',
) -> dict:
    """Crop the white cells of all images in a folder and its subfolders.

    Cell number n (from 0, largest nucleus first) of ``class/name.jpg``
    becomes ``class/name_n.png``: the square of
    :func:`~daffnet_lite.cropping.crop_window`. ``boxes.csv`` in the target has
    a line a cell: ``image``, the crop's path relative to the target;
    ``group``, its field, which is the image's path relative to the source; and
    the cell's own box in the field, without margin. The lines of a field are
    in the order of its crops. All crops of one field belong to one side of a
    split: the datasets see to that where they find the table, which is also a
    group file.

    LISC's folder is known by its ``Ground Truth Segmentation``: where an image
    has a mask there, the mask's boxes count (Chen et al. 2022, "Data
    collection"), and only ``Main Dataset`` is cropped.

    An interrupted run goes on when it is called again: what is finished and
    not older than its image stays, and the crops of an image that has changed
    are replaced by those that it has now. Images of kinds that are not read,
    and what else is to be known of how images were read, are told by an
    ``InputWarning``.

    Args:
        source (str | Path): The folder with the images.
        target (str | Path): The folder to write.
        margin (float): As for ``crop_window``. Defaults to 0.1.
        num_workers (int): Processes. Defaults to 2.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels of an image. Defaults to
            None: 80 million.
        chain (str): As for
            :func:`~daffnet_lite.cropping.segmentation.segment_cells`. Defaults
            to ``'own'``.

    Returns:
        dict: ``images`` and ``kept``, numbers of images that are finished and
        that were so before; ``cells``, the number of crops; ``empty``, names
        of the images without a cell; ``refused``, a sentence for each image
        or subfolder that cannot be read.

    Raises:
        InputError: If source or target cannot be used, the target was begun
            with other settings, or another process works there or deletes
            what is written.
    """
    source, target = Path(source), Path(target)
    check_folders(source, target)
    check_margin(margin)
    check_chain(chain)
    check_bit_depth(bit_depth)
    masks = find_lisc_masks(source)
    listing = list_image_files(str(source), for_tables=True)
    names = listing.images
    warn_of(describe_left_out(listing.left_out))
    if masks is not None:
        names = [name for name in names if name.startswith('Main Dataset/')]
    if not names:
        raise InputError(f'{source} holds no image to crop')
    stems = unique_stems(names)
    settings = dict(
        source=str(source.resolve()), margin=margin, masks=masks is not None
    )
    if bit_depth is not None:
        settings['bit_depth'] = bit_depth
    if chain != 'own':
        settings['chain'] = chain
    crop = partial(
        _crop_image,
        source,
        target,
        margin,
        bit_depth,
        max_pixels or MAX_PIXELS,
        chain,
    )
    with owned(target) as claim:
        done = {
            name: entry
            for name, entry in _read_journal(target, settings).items()
            if name in stems
            and _is_current(source / name, target, stems[name], entry)
        }
        gone = _remove_stale(target, stems, done)
        kept = len(done)
        jobs = [
            (name, stems[name], (masks or {}).get(name))
            for name in names
            if name not in done
        ]
        try:
            refused, remarks = _crop_all(
                crop, jobs, num_workers, target, settings, done, claim
            )
        finally:
            # Of a folder that was deleted there is nothing to tell.
            if claim.is_there():
                _write_boxes(target, stems, done)
        check_there(target, _crop_names(stems, done))
    warn_of(group_remarks(remarks))
    current = set(_crop_names(stems, done))
    # One of that name may be another's now.
    gone = [crop for crop in gone if crop not in current]
    if gone:
        sentence = (
            f'{target} holds {len(gone)} crops of images that are no longer '
            f'in {source}, such as {printable(gone[0])}, and {CROP_TABLE} '
            'does not list them: remove them, or bring the images back and '
            'call again'
        )
        warn_of([sentence])
    return dict(
        images=len(done),
        kept=kept,
        cells=sum(len(entry['boxes']) for entry in done.values()),
        empty=sorted(n for n, entry in done.items() if not entry['boxes']),
        refused=[refused[name] for name in sorted(refused)] + listing.faults,
    )


def _crop_all(
    crop: Callable[[tuple], dict],
    jobs: Sequence[tuple],
    num_workers: int,
    target: Path,
    settings: dict,
    done: dict[str, dict],
    claim: Claim,
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Crop images, and add each that is finished to the journal.

    Args:
        crop (Callable): Crops one.
        jobs (Sequence[tuple]): What it is called with.
        num_workers (int): Processes.
        target (Path): The folder for the crops.
        settings (dict): What the journal begins with.
        done (dict[str, dict]): What is finished by name, here added to.
        claim (Claim): That of the target.

    Returns:
        tuple[dict, list]: Why images were refused, by name; names and what is
        to be known of them.
    """
    refused, remarks = {}, []
    with (
        Journal(target / _JOURNAL, settings, done.values()) as journal,
        run_jobs(crop, jobs, min(num_workers, len(jobs)), 'cropping') as made,
    ):
        for result in made:
            claim.check()
            name = result['image']
            if 'refused' in result:
                refused[name] = result['refused']
                continue
            remarks += [(name, remark) for remark in result.pop('remarks')]
            done[name] = result
            journal.append(result)
    claim.check()
    return refused, remarks


def _crop_name(stem: str, index: int) -> str:
    return f'{stem}_{index}.png'


def _read_journal(target: Path, settings: dict) -> dict[str, dict]:
    path = target / _JOURNAL
    if not path.exists():
        return {}
    begun, entries, damaged = read_journal(path)
    check_settings(path, begun, settings)
    whole = list(filter(_is_entry, entries))
    warn_of_damage(path, damaged + len(entries) - len(whole))
    return {entry['image']: entry for entry in whole}


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get('image'), str)
        and isinstance(entry.get('boxes'), list)
        and 'age' in entry
    )


def _is_current(path: Path, target: Path, stem: str, entry: dict) -> bool:
    return entry['age'] == _age(path) and all(
        (target / _crop_name(stem, i)).is_file()
        for i in range(len(entry['boxes']))
    )


def _remove_stale(
    target: Path, stems: dict[str, str], done: dict[str, dict]
) -> list[str]:
    """Remove the crops of what an image was before, as the table has them.

    What has been given another name is somebody's own, and stays.

    Returns:
        list[str]: Those of images that are no longer there, which stay too.
    """
    try:
        before = read_fields(str(target))
    except InputError:  # it is written anew
        return []
    current = set(_crop_names(stems, done))
    root = target.resolve()
    gone = []
    for crop, field in before.items():
        if crop in current or not _is_ours(crop, field):
            continue
        path = target / crop
        if not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        if field in stems:
            path.unlink()
        else:
            gone.append(crop)
    return gone


def _is_ours(crop: str, field: str) -> bool:
    """Whether we may have called a field's crop so."""
    stem, ending = osp.splitext(field)
    name = rf'{re.escape(stem)}({re.escape(ending)})?(~\d+)?_\d+\.png'
    return re.fullmatch(name, crop) is not None


def _crop_names(stems: dict[str, str], done: dict[str, dict]) -> Iterator[str]:
    for name, entry in done.items():
        for index in range(len(entry['boxes'])):
            yield _crop_name(stems[name], index)


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def _write_boxes(target: Path, stems: dict[str, str], done: dict) -> None:
    with atomic_write(target / CROP_TABLE) as file:
        write_csv_rows(
            file,
            CROP_COLUMNS,
            (
                (_crop_name(stems[name], index), name, *box)
                for name in sorted(done)
                for index, box in enumerate(done[name]['boxes'])
            ),
        )


def _crop_image(
    source: Path,
    target: Path,
    margin: float,
    bit_depth: int | None,
    max_pixels: int,
    chain: str,
    job: tuple[str, str, str | None],
) -> dict:
    """Crop one image.

    Args:
        source (Path): The folder with the image.
        target (Path): The folder for the crops.
        margin (float): As for ``crop_window``.
        bit_depth (int, optional): As for ``crop_folder``.
        max_pixels (int): As for ``crop_folder``.
        chain (str): As for ``crop_folder``.
        job (tuple[str, str, str | None]): The image's name, what its crops
            are called, and its mask.

    Returns:
        dict: ``image``, and either ``age``, ``boxes`` and ``remarks`` or
        ``refused``.
    """
    name, stem, mask = job
    path, content = source / name, b''
    age = _age(path)
    try:
        content = read_regular(path, max_bytes(max_pixels))
        image, _, remarks = decode_image(
            content, bit_depth=bit_depth, max_pixels=max_pixels
        )
        if mask is None:
            boxes = [cell.box for cell in segment_cells(image, chain)]
        else:
            boxes = boxes_of_mask(mask, image.shape)
    except DECODING_ERRORS as e:
        return dict(image=name, refused=refusal(path, e, content))
    try:
        for index, box in enumerate(boxes):
            x1, y1, x2, y2 = crop_window(box, image.shape[:2], margin)
            crop = np.ascontiguousarray(image[y1:y2, x1:x2])
            with written(target / _crop_name(stem, index)) as file:
                file.write(cv2.imencode('.png', crop)[1].tobytes())
    except OSError as e:  # the image's name leaves no room for the number
        for before in range(index):
            (target / _crop_name(stem, before)).unlink(missing_ok=True)
        return dict(image=name, refused=refusal(path, e))
    return dict(
        image=name,
        age=age,
        boxes=[list(box) for box in boxes],
        remarks=remarks,
    )
