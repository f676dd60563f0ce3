"""Find the cells of several fields in several processes, and cut them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.boxes import GivenBox
from daffnet_lite.cropping.large_fields import Part
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import DECODING_ERRORS, DecodedImage
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.names import printable
from daffnet_lite.fileio.tiff_windows import TiffWindows, open_windows
from daffnet_lite.preparation.folder_job import run_jobs
from daffnet_lite.profiles.measuring import Measurement

from .cutting import (
    Box,
    Cut,
    choose_cells,
    find_boxes,
    look_around,
    write_crops,
)
from .slides import (
    cells_of_part,
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
        boxes (Sequence[Box]): Those of its cells.
        remarks (tuple[str, ...]): What is to be said of it.
        part (Part | None): The window of a slide that was looked at.
        cells (Sequence): Its cells, which are not put together yet.
    """

    field: str
    refused: str = ''
    shape: tuple[int, int] = (0, 0)
    boxes: Sequence[Box] = ()
    remarks: tuple[str, ...] = ()
    part: Part | None = None
    cells: Sequence = ()


class _Job(NamedTuple):
    """A field, or the window of a slide, of which the cells are wanted."""

    field: str
    given: Sequence | None
    part: Part | None = None


class FieldWork:
    """Work on several fields in several processes.

    Args:
        num_workers (int): Processes.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.
    """

    def __init__(self, num_workers: int, reading: Mapping[str, Any]) -> None:
        self._num_workers = num_workers
        self._reading = dict(reading)

    def find(
        self,
        fields: Sequence[str],
        given: Mapping[str, list[GivenBox]] | None,
    ) -> dict[str, Finding]:
        """Find the cells of fields; slides are looked at window by window.

        Args:
            fields (Sequence[str]): Their paths.
            given (Mapping, optional): Boxes by field, where cells are not to
                be segmented.

        Returns:
            dict[str, Finding]: What became of each field.
        """
        jobs = []
        for field in fields:
            if given is not None:
                jobs.append(_Job(field, given.get(field, [])))
                continue
            slide = open_windows(field)
            if slide is None:
                jobs.append(_Job(field, None))
                continue
            with slide:
                parts = parts_of_slide(slide.shape)
            jobs += [_Job(field, None, part) for part in parts]
        found: dict[str, Finding] = {}
        of_slides: dict[str, list[Finding]] = defaultdict(list)
        for finding in self._do(_find, jobs, 'Finding cells'):
            if finding.part is None or finding.refused:
                found[finding.field] = finding
            else:
                of_slides[finding.field].append(finding)
        for field, findings in of_slides.items():
            if field not in found:  # no window is broken
                found[field] = _joined(field, findings)
        # Whichever was ready first.
        return {field: found[field] for field in fields}

    def look(self, found: Iterable[Finding], most: int) -> list[Measurement]:
        """Measure the surroundings of some cells.

        Args:
            found (Iterable[Finding]): The fields.
            most (int): So many cells are enough.

        Returns:
            list[Measurement]: Those of these cells.
        """
        chosen = choose_cells({f.field: f.boxes for f in found}, most)
        jobs = [Finding(field, boxes=boxes) for field, boxes in chosen.items()]
        measured = self._do(_look, jobs, 'Measuring red cells')
        return [one for several in measured for one in several]

    def cut(
        self, found: dict[str, Finding], stems: Mapping[str, Path], cut: Cut
    ) -> None:
        """Cut the cells, and write them.

        Args:
            found (dict[str, Finding]): The fields; one of which the cells
                cannot be cut is refused then.
            stems (Mapping[str, Path]): Where their crops go, see
                :func:`~daffnet_lite.fields.cutting.crop_path`.
            cut (Cut): How they are cut.
        """
        jobs = [
            (finding, stems[field])
            for field, finding in found.items()
            if finding.boxes
        ]
        work = partial(_cut, cut)
        for field, refused in self._do(work, jobs, 'Cutting cells'):
            if refused:
                found[field] = Finding(field, refused)

    def _do(
        self, function: Callable, jobs: Sequence, description: str
    ) -> Iterator:
        if not jobs:
            return
        work = partial(function, reading=self._reading)
        workers = min(self._num_workers, len(jobs))
        with run_jobs(work, jobs, workers, description) as results:
            yield from results


def _joined(field: str, findings: Sequence[Finding]) -> Finding:
    shape = findings[0].shape
    boxes = joined_boxes(
        shape,
        [(f.part, list(f.cells)) for f in findings if f.part is not None],
    )
    return Finding(field, '', shape, boxes, _remarks((), boxes))


def _find(job: _Job, reading: dict[str, Any]) -> Finding:
    """Find the cells of a field, or those of a window."""
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
        else:
            image, shape, remarks = _read(job.field, reading)
            boxes = find_boxes(image, job.given)
    except (InputError, *DECODING_ERRORS) as e:
        return Finding(job.field, _why(job.field, e))
    return Finding(job.field, '', shape, boxes, _remarks(remarks, boxes))


def _look(finding: Finding, reading: dict[str, Any]) -> list[Measurement]:
    """Measure the surroundings of a field's cells."""
    # Of what can no longer be read is told when it is cut.
    with (
        suppress(InputError, *DECODING_ERRORS),
        _opened(finding.field, reading) as field,
    ):
        return [look_around(field, box) for box in finding.boxes]
    return []


def _cut(
    cut: Cut, job: tuple[Finding, Path], reading: dict[str, Any]
) -> tuple[str, str]:
    """Cut the cells of a field, and write them.

    Returns:
        tuple[str, str]: The field, and why it is refused, if it is.
    """
    finding, stem = job
    try:
        with _opened(finding.field, reading) as field:
            write_crops(field, finding.boxes, cut, stem)
    # Of a name that leaves no room for the number, too.
    except (InputError, *DECODING_ERRORS) as e:
        return finding.field, _why(finding.field, e)
    return finding.field, ''


@contextmanager
def _opened(
    field: str, reading: dict[str, Any]
) -> Iterator[np.ndarray | TiffWindows]:
    slide = open_windows(field)
    if slide is None:
        yield _read(field, reading).img
    else:
        with slide:
            yield slide


def _read(field: str, reading: dict[str, Any]) -> DecodedImage:
    return read_image(field, name=_title(field), **reading)


def _title(field: str) -> str:
    return f'field {printable(field)}'


def _why(field: str, error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    return f'{_title(field)}: {getattr(error, "strerror", None) or error}'


def _remarks(
    remarks: tuple[str, ...], boxes: Sequence[Box]
) -> tuple[str, ...]:
    return remarks if boxes else (*remarks, 'it has no white cell')
