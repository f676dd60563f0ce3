"""Write a resized copy of a dataset that is read as the original is."""

import io
import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import Claim
from daffnet_lite.fileio.csv_files import (
    CsvFile,
    find_columns,
    read_number,
    write_csv_rows,
)
from daffnet_lite.fileio.image_decoding import (
    DECODING_ERRORS,
    decode_image,
    readable_formats,
)
from daffnet_lite.fileio.image_folders import (
    describe_left_out,
    is_image_name,
    is_other_image_name,
    walk_folder,
)
from daffnet_lite.fileio.image_limits import MAX_PIXELS, max_bytes
from daffnet_lite.fileio.image_reading import group_remarks
from daffnet_lite.fileio.pixel_values import check_bit_depth
from daffnet_lite.fileio.regular_files import open_regular, read_regular

from .crop_table import CROP_COLUMNS
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

_LOSSLESS = ('.png', '.bmp', '.tif', '.tiff')
#: How formats that lose something keep the most.
_ENCODING: dict[str, dict[str, Any]] = dict(
    JPEG=dict(subsampling=0), AVIF=dict(subsampling='4:4:4')
)
_SETTINGS = '.resize_dataset.json'
_BOX_COLUMNS = ('x1', 'y1', 'x2', 'y2')
#: No mask has more grey levels or colours, no photograph has so few.
_MASK_COLOURS = 8
_WRITTEN, _KEPT = 'written', 'kept'


class _Copied(NamedTuple):
    """What became of a file: written, kept, or why it has no copy."""

    name: str
    outcome: str
    remarks: tuple[str, ...] = ()


def resize_dataset(
    source: str | Path,
    target: str | Path,
    short_edge: int,
    quality: int = 90,
    num_workers: int = 2,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
) -> dict:
    """Copy a folder of images with all that lies below, images made smaller.

    Every file keeps its name and format. Images are decoded as
    :class:`~daffnet_mm.datasets.LoadCellImage` does (8-bit colour, upright)
    and made smaller by averaging; those whose short edge is small enough are
    copied as they are. Masks (lossless images of at most eight colours) keep
    their values: the nearest pixel is taken. Boxes in VOC's XML and in CSV
    files with the columns image, x1, y1, x2, y2 are scaled along; JSON files
    with boxes are refused. All else is copied; images of kinds that are not
    read, and what else is to be known of how images were read, are told by an
    ``InputWarning``. Hidden files are left out. Links are followed, except
    back to a folder that they lie in.

    What is in the target and not older than its original stays, so an
    interrupted run is continued by calling again.

    Args:
        source (str | Path): The folder to copy.
        target (str | Path): The folder to write.
        short_edge (int): Short edge in pixels of the resized images.
        quality (int): Quality of JPEG images. Defaults to 90.
        num_workers (int): Processes. Defaults to 2.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels of an image. Defaults to
            None: 80 million.

    Returns:
        dict: ``written`` and ``kept``, numbers of files, and ``refused``,
        one sentence for each file or subfolder that has no copy.

    Raises:
        InputError: If source or target cannot be used, the target was begun
            with other settings, or another process works there or deletes
            what is written.
    """
    source, target = Path(source), Path(target)
    check_folders(source, target)
    check_bit_depth(bit_depth)
    settings = dict(short_edge=short_edge, quality=quality)
    if bit_depth is not None:
        settings['bit_depth'] = bit_depth
    with owned(target) as claim:
        _note_settings(target, settings)
        copy = partial(
            _copy, source, target, settings, max_pixels or MAX_PIXELS
        )
        return _copy_all(source, target, copy, num_workers, claim)


def _copy_all(
    source: Path,
    target: Path,
    copy: Callable[[str], _Copied],
    num_workers: int,
    claim: Claim,
) -> dict:
    """Copy all files; gives the report of `resize_dataset`."""
    names, faults = walk_folder(str(source))
    if not names:
        raise InputError(f'{source} holds no file to copy')
    others = filter(is_other_image_name, names)
    warn_of(describe_left_out(others, 'copied as they are'))

    report: dict[str, Any] = dict(written=0, kept=0, refused=faults)
    there, remarks = [], []
    # Few at a time, or the progress would jump.
    with run_jobs(copy, names, num_workers, 'resizing', 8) as results:
        for result in results:
            claim.check()
            if result.outcome in (_WRITTEN, _KEPT):
                report[result.outcome] += 1
                there.append(result.name)
            else:
                report['refused'].append(result.outcome)
            remarks += [(result.name, remark) for remark in result.remarks]
    claim.check()
    check_there(target, there)
    report['refused'].sort()
    warn_of(group_remarks(remarks))
    return report


def resized_shape(height: int, width: int, short_edge: int) -> tuple[int, int]:
    """Find the size of an image's copy, rounded as ``ResizeEdge`` does.

    Args:
        height (int): Height in pixels.
        width (int): Width in pixels.
        short_edge (int): Short edge of the copy, at most.

    Returns:
        tuple[int, int]: Height and width of the copy.
    """
    if min(height, width) <= short_edge:
        return height, width
    if width < height:
        return int(short_edge * height / width), short_edge
    return short_edge, int(short_edge * width / height)


def _note_settings(target: Path, settings: dict) -> None:
    path = target / _SETTINGS
    if not path.exists():
        with atomic_write(path) as file:
            json.dump(settings, file)
        return
    try:
        begun = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:  # also of bytes that are no text
        begun = None
    check_settings(path, begun, settings)


def _copy(
    source: Path, target: Path, settings: dict, max_pixels: int, name: str
) -> _Copied:
    """Copy one file."""
    original, copy = source / name, target / name
    content = b''
    remarks: tuple[str, ...] = ()
    try:
        age = os.stat(original).st_mtime_ns
        if copy.is_file() and copy.stat().st_mtime_ns >= age:
            return _Copied(name, _KEPT)
        if is_image_name(name):
            content = read_regular(original, max_bytes(max_pixels))
            converted, remarks = _resize_image(
                content, original.suffix.lower(), max_pixels, **settings
            )
        else:
            converted, remarks = _convert(
                original, source, settings['short_edge']
            )
        whole = open_regular(original)
    except DECODING_ERRORS as e:
        return _Copied(name, refusal(original, e, content))
    try:
        with whole, written(copy) as file:
            if converted is None:
                shutil.copyfileobj(whole, file)
            else:
                file.write(converted)
    except OSError as e:
        return _Copied(name, refusal(copy, e))
    return _Copied(name, _WRITTEN, remarks)


def _convert(
    path: Path, source: Path, short_edge: int
) -> tuple[bytes | None, tuple[str, ...]]:
    """Find what the copy of another file contains.

    Returns:
        tuple[bytes | None, tuple[str, ...]]: The content, None for the same;
        and what is to be known of it.
    """
    suffix = path.suffix.lower()
    if suffix == '.xml':
        return _scale_voc(read_regular(path), short_edge), ()
    if suffix == '.csv':
        return _scale_csv(path, source, short_edge)
    if suffix == '.json' and re.search(rb'"(bbox|x1)"', read_regular(path)):
        raise ValueError(
            'its boxes are those of the full-size images and '
            'this format is not scaled; give them as VOC or CSV'
        )
    return None, ()


def _resize_image(
    content: bytes,
    suffix: str,
    max_pixels: int,
    short_edge: int,
    quality: int,
    bit_depth: int | None = None,
) -> tuple[bytes | None, tuple[str, ...]]:
    """Make an image smaller.

    Returns:
        tuple[bytes | None, tuple[str, ...]]: The smaller image, None for the
        same; and what is to be known of it.
    """
    img, (height, width), remarks = decode_image(
        content, bit_depth=bit_depth, max_pixels=max_pixels
    )
    shape = resized_shape(height, width, short_edge)
    if shape == (height, width):
        return None, ()
    if suffix in _LOSSLESS and _is_mask(img):
        return _resize_mask(content, shape), remarks
    img = cv2.resize(img, shape[::-1], interpolation=cv2.INTER_AREA)
    return _encode(img, suffix, quality), remarks


def _encode(img: np.ndarray, suffix: str, quality: int) -> bytes:
    """Write an image in the format of its name."""
    if suffix in _LOSSLESS:
        return cv2.imencode(suffix, img)[1].tobytes()
    kind = Image.registered_extensions()[suffix]
    # Of several pictures in a file there is one left.
    kind = 'JPEG' if kind == 'MPO' else kind
    if kind not in Image.SAVE:
        raise ValueError(f'the installed Pillow cannot write {suffix}')
    file = io.BytesIO()
    # Colours at full resolution: they are half of what tells cells apart, and
    # at 256 px quality 90 with them is nearer to the original, smaller and
    # read as fast as quality 95 without.
    Image.fromarray(cv2.cvtColor(img, cv2.COLOR_BGR2RGB)).save(
        file, kind, quality=quality, **_ENCODING.get(kind, {})
    )
    return file.getvalue()


def _is_mask(img: np.ndarray) -> bool:
    """Whether an image has so few colours that they must be labels."""
    colours = img.astype(np.int32) @ np.array([1, 256, 65536])
    # A few pixels are enough to clear nearly every photograph.
    return all(
        len(np.unique(part)) <= _MASK_COLOURS
        for part in (colours[::16, ::16], colours)
    )


def _resize_mask(content: bytes, shape: tuple[int, int]) -> bytes:
    with Image.open(io.BytesIO(content)) as mask:
        kind = mask.format
        mask = ImageOps.exif_transpose(mask)
        # Mode and palette are kept, and with them the values.
        mask = mask.resize(shape[::-1], Image.Resampling.NEAREST)
        file = io.BytesIO()
        mask.save(file, kind)
    return file.getvalue()


def _scale_voc(content: bytes, short_edge: int) -> bytes | None:
    try:
        root = ET.fromstring(content)
    except ET.ParseError as e:
        raise ValueError(f'no valid XML: {e}') from e
    boxes = list(root.iter('bndbox'))
    if root.tag != 'annotation' or not boxes:
        return None
    try:
        width, height = (
            int(root.findtext(f'size/{edge}', ''))
            for edge in ('width', 'height')
        )
    except ValueError:
        width = height = 0
    if width <= 0 or height <= 0:
        raise ValueError(
            'its boxes cannot be scaled, for it does not give '
            "the image's size (<size>)"
        )
    new_height, new_width = resized_shape(height, width, short_edge)
    scale = dict(x=new_width / width, y=new_height / height)
    for box in boxes:
        for edge in box:
            if edge.tag in ('xmin', 'ymin', 'xmax', 'ymax'):
                try:
                    value = float(edge.text or '')
                except ValueError:
                    raise ValueError(
                        f'a box has no number as its {edge.tag}'
                    ) from None
                edge.text = str(round(value * scale[edge.tag[0]]))
    for name, length in dict(width=new_width, height=new_height).items():
        for edge in root.findall(f'size/{name}'):
            edge.text = str(length)
    return ET.tostring(root, encoding='utf-8')


def _scale_csv(
    path: Path, source: Path, short_edge: int
) -> tuple[bytes | None, tuple[str, ...]]:
    try:
        columns = find_columns(path, ('image', *_BOX_COLUMNS))
    except InputError as error:
        return None, (f'copied as it is, with any boxes: {error}',)
    if not set(_BOX_COLUMNS) <= columns:
        return None, ()  # a table of another kind, copied as it is
    if 'image' not in columns:
        raise ValueError(
            'its boxes cannot be scaled, for it has no column image'
        )
    file = CsvFile(path, ('image', *_BOX_COLUMNS), title='')
    if tuple(file.names) == CROP_COLUMNS:
        return None, ()  # in pixels of the fields, which are not here
    rows = []
    for where, row in file.rows():
        height, width = _image_size(row['image'], path.parent, source)
        new_height, new_width = resized_shape(height, width, short_edge)
        scale = dict(x=new_width / width, y=new_height / height)
        for column in _BOX_COLUMNS:
            number = read_number(row[column], where, column)
            row[column] = str(round(number * scale[column[0]]))
        rows.append(list(row.values()))
    scaled = io.StringIO(newline='')
    write_csv_rows(scaled, file.names, rows)
    return scaled.getvalue().encode(), (file.remark,) if file.remark else ()


def _image_size(name: str, *folders: Path) -> tuple[int, int]:
    for folder in folders:
        if (folder / name).is_file():
            with Image.open(
                folder / name, formats=readable_formats()
            ) as image:
                # 5 to 8 are the turns by 90 degrees.
                turned = image.getexif().get(0x0112, 1) >= 5
                size = image.size
            return size if turned else size[::-1]
    raise ValueError(
        f'its boxes cannot be scaled, for there is no image {name}'
    )
