"""Find the cells of several fields in several processes, and cut them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from daffnet_lite.boxes import GivenBox
from daffnet_lite.cropping.large_fields import Part
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import DECODING_ERRORS
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.names import printable
from daffnet_lite.fileio.tiff_windows import open_windows
from daffnet_lite.preparation.folder_job import run_jobs, written

from .cutting import Box, cut_cell, find_boxes
from .slides import (
    cells_of_part,
    cut_cells_of_slide,
    find_boxes_of_slide,
    joined_boxes,
    parts_of_slide,
)


class Finding(NamedTuple):
    """What became of a field.

    Attributes:
        field (str): Its path.
        refused (str): Why it has no result; empty if it has.
        shape (tuple[int, int]): Its height and width.
        boxes (Sequence[Box]): Those of its cells, each with a crop.
        remarks (tuple[str, ...]): What is to be said of it.
        part (Part | None): The window of a slide that was looked at.
        cells (Sequence): Its cells, which are not cut yet.
    """

    field: str
    refused: str = ''
    shape: tuple[int, int] = (0, 0)
    boxes: Sequence[Box] = ()
    remarks: tuple[str, ...] = ()
    part: Part | None = None
    cells: Sequence = ()


class _Job(NamedTuple):
    """A field, or the window of a slide."""

    field: str
    stem: Path
    given: Sequence | None
    part: Part | None = None


def find_in_fields(
    stems: Mapping[str, Path],
    given: Mapping[str, list[GivenBox]] | None,
    margin: float,
    num_workers: int,
    reading: Mapping[str, Any],
) -> dict[str, Finding]:
    """Find the cells of fields, and write their crops.

    Slides are looked at window by window, and cut when all is found.

    Args:
        stems (Mapping[str, Path]): The fields, and where their crops go; see
            :func:`crop_path`.
        given (Mapping, optional): Boxes by field, where cells are not to be
            segmented.
        margin (float): As for ``crop_window``.
        num_workers (int): Processes.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.

    Returns:
        dict[str, Finding]: What became of each field.
    """
    jobs = []
    for field, stem in stems.items():
        if given is not None:
            jobs.append(_Job(field, stem, given.get(field, [])))
            continue
        slide = open_windows(field)
        if slide is None:
            jobs.append(_Job(field, stem, None))
            continue
        with slide:
            parts = parts_of_slide(slide.shape)
        jobs += [_Job(field, stem, None, part) for part in parts]
    work = partial(_find, margin, dict(reading))
    found: dict[str, Finding] = {}
    of_slides: dict[str, list[Finding]] = defaultdict(list)
    with run_jobs(
        work, jobs, min(num_workers, len(jobs)), 'Finding cells'
    ) as made:
        for finding in made:
            if finding.part is None or finding.refused:
                found[finding.field] = finding
            else:
                of_slides[finding.field].append(finding)
    jobs = [
        _Job(field, stems[field], _joined(findings))
        for field, findings in of_slides.items()
        if field not in found  # a window is broken
    ]
    if jobs:
        with run_jobs(
            work, jobs, min(num_workers, len(jobs)), 'Cutting cells of slides'
        ) as made:
            found |= {finding.field: finding for finding in made}
    return found


def crop_path(stem: Path, number: int) -> Path:
    """Where the crop of a field's cell lies, by its place."""
    return stem.with_name(f'{stem.name}_{number}.png')


def _joined(findings: Sequence[Finding]) -> list[Box]:
    return joined_boxes(
        findings[0].shape,
        [(f.part, list(f.cells)) for f in findings if f.part is not None],
    )


def _find(margin: float, reading: dict[str, Any], job: _Job) -> Finding:
    """Find and cut the cells of a field, or find those of a window."""
    title = f'field {printable(job.field)}'
    remarks: tuple[str, ...] = ()
    try:
        slide = open_windows(job.field)
        if slide is not None:
            with slide:
                shape = slide.shape
                if job.part is not None:
                    cells = cells_of_part(slide, job.part)
                    return Finding(
                        job.field, shape=shape, part=job.part, cells=cells
                    )
                boxes = find_boxes_of_slide(slide, job.given)
                for number, crop in enumerate(
                    cut_cells_of_slide(slide, boxes, margin)
                ):
                    _write(crop, job.stem, number)
        else:
            image, shape, remarks = read_image(
                job.field, name=title, **reading
            )
            boxes = find_boxes(image, job.given)
            for number, box in enumerate(boxes):
                _write(cut_cell(image, box, margin), job.stem, number)
    except InputError as e:
        return Finding(job.field, str(e))
    # Of a name that leaves no room for the number, too.
    except DECODING_ERRORS as e:
        reason = getattr(e, 'strerror', None) or e
        return Finding(job.field, f'{title}: {reason}')
    if not boxes:
        remarks = (*remarks, 'it has no white cell')
    return Finding(job.field, '', shape, boxes, remarks)


def _write(crop: np.ndarray, stem: Path, number: int) -> None:
    with written(crop_path(stem, number)) as file:
        file.write(cv2.imencode('.png', crop)[1].tobytes())
