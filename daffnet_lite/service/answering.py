"""From uploaded images to answers, all in the memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.answers import (
    HtmlReport,
    Inferencer,
    ModelIdentity,
    as_row,
    count_answers,
)
from daffnet_lite.answers.html_report import FIELD_SIDE
from daffnet_lite.answers.pictures import as_address, picture_of
from daffnet_lite.answers.whole_fields import describe_fields
from daffnet_lite.answers.writing import told_of_all
from daffnet_lite.errors import InputError
from daffnet_lite.fields import FieldResult, cut_cell, read_and_draw
from daffnet_lite.fields.cutting import find_boxes, look_around_some
from daffnet_lite.fields.field_answers import FieldAnswers
from daffnet_lite.fields.predicting import FoundCells, classify, find_cut
from daffnet_lite.fields.reporting import report_fields
from daffnet_lite.fileio.image_decoding import DecodedImage
from daffnet_lite.fileio.image_reading import (
    group_remarks,
    name_of,
    read_image,
)
from daffnet_lite.fileio.names import unique_stems
from daffnet_lite.intake import NamedContent
from daffnet_lite.intake.laboratory_pipeline import SAMPLE
from daffnet_lite.profiles.measuring import Measurement

from .refusals import RefusedError

#: Cells at once: so many are computed before it is looked whether somebody
#: still waits.
BATCH_SIZE = 16
#: Bytes of the cells that are cut out of the fields of a request, at most.
MOST_CROP_BYTES = 1_000_000_000
#: Bytes of a field's picture, of which the answer holds one each, at most.
MOST_FIELD_BYTES = 2_000_000


class Answered(NamedTuple):
    """What is said of a request.

    Attributes:
        rows (CellAnswers | FieldAnswers): The answers.
        pictures (list): A picture of each row's cell, as for ``read_image``.
        fields (list[dict]): What is said of each field; none of cells.
        sources (dict): The images of the fields by name.
    """

    rows: Any
    pictures: list
    fields: list[dict] | None = None
    sources: Mapping[str, NamedContent] = MappingProxyType({})

    def as_json(self) -> dict:
        """Give all as plain values."""
        told = dict(cells=list(self.rows), **told_of_all(self.rows))
        return told if self.fields is None else dict(told, fields=self.fields)


class CellAnswers:
    """The rows of cells, and what is told of all.

    Args:
        rows (Sequence[dict]): The rows.
        classes (Sequence[str]): The cell types that the model knows.
        errors (list[str]): Why images have no answer.
        warnings (list[str]): What is to be said of how they were read.
    """

    several = True
    #: There is a row at least.
    columns: list[str] = []

    def __init__(
        self,
        rows: Sequence[dict],
        classes: Sequence[str],
        errors: list[str],
        warnings: list[str],
    ) -> None:
        self._rows = rows
        self._classes = classes
        self.errors = errors
        self.warnings = [*warnings, *describe_fields(self.review, len(rows))]

    def __iter__(self) -> Iterator[dict]:
        """Give the rows."""
        return iter(self._rows)

    @cached_property
    def review(self) -> list[dict]:
        """Images to look at again, and why."""
        return [
            dict(image=row['image'], review=row['review'])
            for row in self._rows
            if row['review']
        ]

    def counts(self) -> list[dict]:
        """The differential count."""
        return count_answers(
            [(row['cell_type'], row['review']) for row in self._rows],
            self._classes,
        )


class _Stoppable:
    """An inferencer that asks whether it is worth going on."""

    def __init__(
        self, inferencer: Inferencer, check: Callable[[], None]
    ) -> None:
        self._inferencer = inferencer
        self._check = check
        self.classes = inferencer.classes

    def window(
        self, looked_at: Callable[[], Sequence[Measurement]]
    ) -> int | None:
        return self._inferencer.window(looked_at)

    @property
    def reading(self) -> dict[str, Any]:
        return self._inferencer.reading

    @property
    def errors(self) -> dict[int, str]:
        return self._inferencer.errors

    @property
    def warnings(self) -> list[str]:
        return self._inferencer.warnings

    def stream(
        self, inputs: Any, batch_size: int, skip_broken: bool
    ) -> Iterator[dict]:
        answers = self._inferencer.stream(inputs, batch_size, skip_broken)
        for answer in answers:
            self._check()
            yield answer


def answer_cells(
    inferencer: Inferencer,
    images: list[NamedContent],
    check: Callable[[], None],
) -> Answered:
    """Tell the types of cells, an image each.

    Args:
        inferencer (Inferencer): The model.
        images (list[NamedContent]): The images.
        check (Callable): Raises when it is not worth going on.

    Returns:
        Answered: The answers.

    Raises:
        RefusedError: If no image has one.
    """
    answers, warnings = classify(
        _Stoppable(inferencer, check), images, BATCH_SIZE
    )
    rows, pictures, errors = [], [], []
    for image, answer in zip(images, answers, strict=True):
        if isinstance(answer, str):
            errors.append(answer)
        else:
            cell = dict(answer, image=image.name)
            rows.append(as_row(cell, inferencer.classes))
            pictures.append(image)
    if not rows:
        raise _no_answer(errors)
    return Answered(
        CellAnswers(rows, inferencer.classes, errors, warnings), pictures
    )


def answer_fields(
    inferencer: Inferencer,
    images: list[NamedContent],
    check: Callable[[], None],
    reading: Mapping[str, Any],
    drawn: bool = False,
) -> Answered:
    """Find the white cells of fields, and tell their types.

    All are classified together, as a laboratory's.

    Args:
        inferencer (Inferencer): The model.
        images (list[NamedContent]): The fields.
        check (Callable): Raises when it is not worth going on.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.
        drawn (bool): Whether to draw the cells into the fields. Defaults to
            False.

    Returns:
        Answered: The answers, which may be none.

    Raises:
        RefusedError: If no field can be read, or their cells need too much
            memory.
    """
    sources = {image.name: image for image in images}

    def read(name: str) -> DecodedImage:
        # Again and again: no more than one field is held at once.
        check()
        return read_image(sources[name], name=name_of(name), **reading)

    places, errors, remarks = {}, [], []
    for name in sources:
        try:
            decoded = read(name)
        except InputError as error:
            errors.append(str(error))
            continue
        places[name] = find_boxes(decoded.img, check=check)
        remarks += [(name_of(name), remark) for remark in decoded.remarks]
    if not places:
        raise _no_answer(errors)
    cut = find_cut(
        inferencer,
        None,
        lambda: look_around_some(places, lambda name: read(name).img, SAMPLE),
    )
    found = {}
    room = MOST_CROP_BYTES
    for name, boxes in places.items():
        img = read(name).img
        crops = []
        for box in boxes:
            crops.append(cut_cell(img, box, cut.margin, cut.side))
            room -= crops[-1].nbytes
            if room < 0:
                raise RefusedError(
                    413,
                    'the cells of these fields take more than '
                    f'{MOST_CROP_BYTES / 1e6:g} MB of memory: send fewer '
                    'fields at once',
                )
        found[name] = FoundCells(img.shape[:2], boxes, crops)
    crops = [crop for field in found.values() for crop in field.crops]
    answers, warnings = classify(
        _Stoppable(inferencer, check), crops, BATCH_SIZE
    )
    waiting = iter(answers)
    results = [
        field.result(
            name, inferencer.classes, [next(waiting) for _ in field.boxes]
        )
        for name, field in found.items()
    ]
    stems = unique_stems(found)
    rows = FieldAnswers(
        results,
        [stems[name] for name in found],
        inferencer.classes,
        errors,
        [*group_remarks(remarks), *cut.remarks, *warnings],
    )
    fields = []
    for result in results:
        check()
        height, width = result.shape
        told = dict(
            field=result.field,
            width=width,
            height=height,
            cells=len(result.cells),
        )
        if drawn:
            picture = read_and_draw(
                result, sources[result.field or ''], **reading
            )
            told['picture'] = as_address(
                picture, max(picture.shape), MOST_FIELD_BYTES
            )
        fields.append(told)
    pictures = [
        crop
        for crop, answer in zip(crops, answers, strict=True)
        if not isinstance(answer, str)
    ]
    return Answered(rows, pictures, fields, sources)


def report_of(
    answered: Answered,
    model: ModelIdentity,
    classes: Sequence[str],
    command: Sequence[str],
    reading: Mapping[str, Any],
) -> str:
    """Write the report of some answers.

    Args:
        answered (Answered): The answers.
        model (ModelIdentity): Which model gave them.
        classes (Sequence[str]): The cell types that it knows.
        command (Sequence[str]): What was asked for.
        reading (Mapping): How images are read.

    Returns:
        str: A page that needs no other file.

    Raises:
        RefusedError: If there is no cell to report.
    """
    if not answered.pictures:
        raise RefusedError(422, 'there is no white cell to report')
    report = HtmlReport(model, classes, **reading)
    rows = answered.rows
    if isinstance(rows, FieldAnswers):

        def draw(result: FieldResult) -> np.ndarray:
            source = answered.sources[result.field or '']
            return read_and_draw(result, source, FIELD_SIDE, **reading)

        report_fields(report, rows, answered.pictures, draw)
    else:
        for row, picture in zip(rows, answered.pictures, strict=True):
            report.add(row, picture)
    return report.render(rows.errors, command)


def thumbnails(answered: Answered, reading: Mapping[str, Any]) -> list[str]:
    """Make small pictures of all cells, as addresses that hold them."""
    return [picture_of(picture, **reading) for picture in answered.pictures]


def _no_answer(errors: Sequence[str]) -> RefusedError:
    if len(errors) == 1:
        return RefusedError(422, errors[0])
    return RefusedError(
        422,
        f'none of the {len(errors)} images has an answer: {errors[0]}, and '
        'so on',
    )
