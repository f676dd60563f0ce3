import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.names import printable
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_lite.utils.rounding import interval_text, rounded_down

from .differential import count_answers
from .model_identity import ModelIdentity
from .pictures import as_address, picture_of

#: Pixels of a field's longer side, and bytes of its picture at most.
FIELD_SIDE, MOST_FIELD_BYTES = 1000, 250_000


class Card(NamedTuple):
    """One cell as it is shown.

    Attributes:
        name (str): The image's, or that of the field that it is of.
        place (str): Where in the field it lies; empty of an image.
        picture (str): A data URL.
        cell_type (str): The type.
        probability (str): Its probability, in per cent.
        attributes (list[tuple[str, str]]): Names and values.
        review (str): What speaks against the answer.
    """

    name: str
    place: str
    picture: str
    cell_type: str
    probability: str
    attributes: list[tuple[str, str]]
    review: str


class FieldCard(NamedTuple):
    """One field as it is shown.

    Attributes:
        name (str): The field's.
        told (str): How many cells of which types it has.
        picture (str): A data URL.
    """

    name: str
    told: str
    picture: str


class HtmlReport:
    """Collect answers, and show them on one page that needs no other file.

    Counts with their intervals and reference ranges, cells by type with their
    attributes, the cells to look at again with the reasons, images without an
    answer, and by which model all this is; of fields, the fields with their
    cells boxed. It prints on A4. Pictures are kept of some of the cells and
    fields alone, so that a report of very many stays readable, and the memory
    bounded; it says of how many there is none.

    Args:
        model (ModelIdentity): Which model answers.
        classes (Sequence[str]): The cell types that it knows.
        per_type (int): Cells of each type that are shown. Defaults to 24.
        most_reviewed (int): Cells to look at again that are shown. Defaults
            to 200.
        most_fields (int): Fields that are shown. Defaults to 24.
        **reading: How images are read, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`.
    """

    def __init__(
        self,
        model: ModelIdentity,
        classes: Sequence[str],
        per_type: int = 24,
        most_reviewed: int = 200,
        most_fields: int = 24,
        **reading: Any,
    ) -> None:
        self.model = model
        self.classes = classes
        self.per_type = per_type
        self.most_reviewed = most_reviewed
        self.most_fields = most_fields
        self._reading = reading
        self._shown: dict[str, list[Card]] = {}
        self._reviewed: list[Card] = []
        #: How many there are of a type and a review.
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._reviews = 0
        self._fields: list[FieldCard] = []
        #: Fields there are, and cells of those that are not shown.
        self._field_number = self._cells_elsewhere = 0

    def add_field(
        self,
        name: str,
        told: str,
        cells: int,
        draw: Callable[[], np.ndarray],
    ) -> None:
        """Take a field, whose cells are added each for itself.

        Args:
            name (str): What it is called.
            told (str): How many cells of which types it has.
            cells (int): How many it has.
            draw (Callable): Gives its picture, uint8, BGR; is asked if the
                picture is shown.
        """
        self._field_number += 1
        if len(self._fields) >= self.most_fields:
            self._cells_elsewhere += cells
            return
        picture = ''
        # A field that has gone by now has its cells all the same.
        with suppress(InputError):
            picture = as_address(draw(), FIELD_SIDE, MOST_FIELD_BYTES)
        self._fields.append(FieldCard(printable(name), told, picture))

    def add(
        self,
        row: dict,
        picture: Any = None,
        name: str | None = None,
        place: str = '',
    ) -> None:
        """Take an answer.

        Args:
            row (dict): As :func:`~daffnet_lite.answers.rows.as_row` gives it.
            picture (Any, optional): The cell's picture, as for
                ``read_image``. Defaults to None: the row's image.
            name (str, optional): What the cell is called by. Defaults to
                None: the row's image.
            place (str): Where in what is called so the cell lies. Defaults to
                no place.
        """
        reviewed = bool(row['review'])
        self._numbers[row['cell_type'], row['review']] += 1
        self._reviews += reviewed
        shown = self._shown.setdefault(row['cell_type'], [])
        is_shown = not reviewed and len(shown) < self.per_type
        is_listed = reviewed and len(self._reviewed) < self.most_reviewed
        if not (is_shown or is_listed):
            return
        card = Card(
            printable(row['image'] if name is None else name),
            place,
            picture_of(
                row['image'] if picture is None else picture, **self._reading
            ),
            row['cell_type'],
            rounded_down(100 * row['probability'], 1),
            [
                (attribute.replace('_', ' '), row[attribute])
                for attribute in WBC_ATTRIBUTES
                if attribute in row
            ],
            row['review'],
        )
        (self._reviewed if reviewed else shown).append(card)

    def render(
        self,
        errors: Sequence[str] = (),
        command: Sequence[str] | None = None,
        date: datetime | None = None,
    ) -> str:
        """Write the page.

        Args:
            errors (Sequence[str]): Why images have no answer. Defaults to
                none.
            command (Sequence[str], optional): The words by which it was
                asked for. Defaults to None: those of this process.
            date (datetime, optional): Of the report. Defaults to None: now.

        Returns:
            str: HTML.
        """
        from jinja2 import Environment

        template = files(__package__).joinpath('report.html.jinja')
        page = Environment(autoescape=True).from_string(
            template.read_text(encoding='utf-8')
        )
        counts = count_answers(self._numbers.elements(), self.classes)
        counted = sum(count['number'] for count in counts)
        numbers: Counter[str] = Counter()
        for (cell_type, _), number in self._numbers.items():
            numbers[cell_type] += number
        # The program as it is called, without the folder that it lies in.
        program, *words = sys.argv if command is None else command
        *above, name = program.replace('\\', '/').split('/')
        called = [name]
        if name == '__main__.py' and above:
            called = ['python', '-m', above[-1]]
        return page.render(
            total=counted,
            uncounted=self._numbers.total() - counted,
            fields=self._fields,
            field_number=self._field_number,
            cells_elsewhere=self._cells_elsewhere,
            counts=[_measure(count) for count in counts],
            types=[
                dict(
                    name=name,
                    cards=self._shown.get(name, []),
                    number=numbers[name],
                )
                for name in self.classes
                if numbers[name]
            ],
            reviewed=self._reviewed,
            reviews=self._reviews,
            errors=list(map(printable, errors)),
            model=self.model,
            command=printable(shlex.join([*called, *words])),
            date=(date or datetime.now().astimezone()).strftime(
                '%Y-%m-%d %H:%M %Z'
            ),
        )


def _measure(count: dict) -> dict:
    """A row of the count, and how it lies beside its reference range."""
    reference = count['reference']
    verdict = ''
    if reference and count['high'] < reference[0]:
        verdict = 'below'
    elif reference and count['low'] > reference[1]:
        verdict = 'above'
    interval = interval_text(count['low'], count['high'])
    return dict(count, interval=interval, verdict=verdict)
