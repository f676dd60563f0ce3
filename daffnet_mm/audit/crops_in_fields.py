"""Find the crops of one release inside the field images of another.

A crop with its own margins is no near duplicate of the field, nor of the box
that somebody else drew around the cell, but its pixels are the field's: it is
searched at the scale at which it was cut.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
from scipy.spatial import cKDTree

from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.utils.worker_pool import run_in_pool

#: The coarse search sees crops of about this many pixels a side.
_COARSE_SIDE = 24
#: Grey levels by which mean and deviation of a crop may differ from those of
#: its place in the field: the coarse grids of the two do not coincide.
_TOLERANCE = 5.0
#: Correlation from which a place of the coarse search is looked at closely.
#: BCCD's true crops reach 0.93 and more there, a tenth of the other cells
#: 0.75; textures finer than cells lose more between the two coarse grids.
_COARSE_CORRELATION = 0.75
#: Correlation from which a crop is taken to be cut from the field. BCCD's
#: true crops reach 0.969 and more at a quarter of the scale, other cells of
#: the same release at most 0.85.
MIN_CORRELATION = 0.93


class CropPlace(NamedTuple):
    """Where a crop lies in a field.

    Attributes:
        crop (str): The crop's file.
        field (str): The field's file.
        box (tuple[int, int, int, int]): x1, y1, x2, y2 in the field, pixels;
            exact to about two pixels.
        correlation (float): How well the pixels agree, at most 1.
    """

    crop: str
    field: str
    box: tuple[int, int, int, int]
    correlation: float


class _Crops(NamedTuple):
    """The crops of one coarse size; statistics as of windows, (N, 6)."""

    paths: list[str]
    images: list[np.ndarray]
    statistics: np.ndarray


def find_crops(
    crops: list[str],
    fields: list[str],
    num_workers: int,
    progress,
    reading: Mapping[str, Any] | None = None,
) -> list[CropPlace]:
    """Search crops in field images.

    Args:
        crops (list[str]): Readable image files.
        fields (list[str]): Readable image files, larger than the crops.
        num_workers (int): Processes; 0 for this one.
        progress (Progress): Shows a bar.
        reading (Mapping, optional): ``bit_depth`` and ``max_pixels`` of
            :func:`read_image`. Defaults to None: their defaults.

    Returns:
        list[CropPlace]: The crops that were found, in order of field and
        crop. One crop may lie in several fields if these are copies.
    """
    if not crops or not fields:
        return []
    task = progress.add_task('searching crops in fields', total=len(fields))
    read: Any = partial(read_image, **(reading or {}))
    by_size = _describe_crops(crops, read)
    search = partial(_search_field, by_size=by_size, read=read)
    places = []
    for found in run_in_pool(search, fields, num_workers, chunk_size=4):
        places += found
        progress.advance(task)
    return sorted(places, key=lambda place: (place.field, place))


def _shrink(image: np.ndarray, factor: int) -> np.ndarray:
    height, width = image.shape[:2]
    return cv2.resize(
        image,
        (max(1, round(width / factor)), max(1, round(height / factor))),
        interpolation=cv2.INTER_AREA,
    )


def _describe_crops(
    paths: list[str], read: Callable
) -> Mapping[tuple[int, int, int], _Crops]:
    """Group crops by scale and coarse size."""
    images: defaultdict[tuple[int, int, int], dict[str, np.ndarray]]
    images = defaultdict(dict)
    for path in sorted(paths):
        crop = read(path).img
        factor = max(1, min(crop.shape[:2]) // _COARSE_SIDE)
        small = _shrink(crop, factor)
        # A blank crop correlates with anything.
        if small.std() > 4:
            height, width = small.shape[:2]
            images[factor, height, width][path] = small
    return {
        size: _Crops(
            list(group),
            list(group.values()),
            np.array(
                [
                    np.concatenate([c.mean((0, 1)), c.std((0, 1))])
                    for c in group.values()
                ]
            ),
        )
        for size, group in images.items()
    }


def _search_field(
    path: str,
    by_size: Mapping[tuple[int, int, int], _Crops],
    read: Callable,
) -> list[CropPlace]:
    field = read(path).img
    places = []
    small_fields = {
        factor: _shrink(field, factor)
        for factor in {size[0] for size in by_size}
    }
    for (factor, height, width), crops in by_size.items():
        small = small_fields[factor]
        if small.shape[0] < height or small.shape[1] < width:
            continue
        for index in _candidates(
            _window_statistics(small, height, width), crops.statistics
        ):
            place = _verify(
                small,
                crops.images[index],
                field,
                read(crops.paths[index]).img,
                factor,
            )
            if place is not None:
                box, correlation = place
                places.append(
                    CropPlace(crops.paths[index], path, box, correlation)
                )
    return places


def _candidates(windows: np.ndarray, crops: np.ndarray) -> np.ndarray:
    """Indices of the crops that look like one of the windows."""
    (near,) = np.nonzero(
        (
            (crops > windows.min(0) - _TOLERANCE)
            & (crops < windows.max(0) + _TOLERANCE)
        ).all(1)
    )
    if not len(near):
        return near
    distances, _ = cKDTree(windows).query(
        crops[near], p=np.inf, distance_upper_bound=_TOLERANCE
    )
    return near[np.isfinite(distances)]


def _window_statistics(
    image: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Mean and deviation of each channel in all windows of one size."""
    image = image.astype(np.float32)
    box = partial(
        cv2.boxFilter,
        ddepth=-1,
        ksize=(width, height),
        anchor=(0, 0),
        borderType=cv2.BORDER_CONSTANT,
    )
    rows = image.shape[0] - height + 1
    columns = image.shape[1] - width + 1
    mean = box(image)[:rows, :columns]
    square = box(image * image)[:rows, :columns]
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.concatenate([mean, deviation], axis=2).reshape(-1, 6)


def _verify(
    small_field: np.ndarray,
    small_crop: np.ndarray,
    field: np.ndarray,
    crop: np.ndarray,
    factor: int,
):
    """Match at the coarse scale, then, around the best place, closely."""
    coarse = cv2.matchTemplate(small_field, small_crop, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(coarse)
    if best < _COARSE_CORRELATION:
        return None
    height, width = crop.shape[:2]
    margin = 2 * factor
    left, top = max(0, x * factor - margin), max(0, y * factor - margin)
    region = field[
        top : y * factor + height + margin, left : x * factor + width + margin
    ]
    if region.shape[0] < height or region.shape[1] < width:
        return None
    # Half the scale: a fourth of the work, and fine noise does not count.
    fine = 2 if min(height, width) >= 2 * _COARSE_SIDE else 1
    scores = cv2.matchTemplate(
        _shrink(region, fine), _shrink(crop, fine), cv2.TM_CCOEFF_NORMED
    )
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    if best < MIN_CORRELATION:
        return None
    left, top = left + x * fine, top + y * fine
    return (left, top, left + width, top + height), round(float(best), 4)
