import base64
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple

import cv2
import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.names import printable
from daffnet_lite.structures import WBC_ATTRIBUTES

from .differential import differential_count
from .model_identity import ModelIdentity

#: Pixels of a picture's longer side.
THUMBNAIL = 112


class Card(NamedTuple):
    """One cell as it is shown.

    Attributes:
        name (str): The image's.
        picture (str): A data URL.
        cell_type (str): The type.
        probability (str): Its probability, in per cent.
        attributes (list[tuple[str, str]]): Names and values.
        review (str): What speaks against the answer.
    """

    name: str
    picture: str
    cell_type: str
    probability: str
    attributes: list[tuple[str, str]]
    review: str


class HtmlReport:
    """Collect answers, and show them on one page that needs no other file.

    Counts with their intervals and reference ranges, cells by type with their
    attributes, the cells to look at again with the reasons, images without an
    answer, and by which model all this is. It prints on A4. Pictures are kept
    of some of the cells alone, so that a report of very many stays readable,
    and the memory bounded; it says of how many there is none.

    Args:
        model (ModelIdentity): Which model answers.
        classes (Sequence[str]): The cell types that it knows.
        per_type (int): Cells of each type that are shown. Defaults to 24.
        most_reviewed (int): Cells to look at again that are shown. Defaults
            to 200.
        **reading: How images are read, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`.
    """

    def __init__(
        self,
        model: ModelIdentity,
        classes: Sequence[str],
        per_type: int = 24,
        most_reviewed: int = 200,
        **reading: Any,
    ) -> None:
        self.model = model
        self.classes = classes
        self.per_type = per_type
        self.most_reviewed = most_reviewed
        self._reading = reading
        self._shown: dict[str, list[Card]] = {}
        self._reviewed: list[Card] = []
        self._numbers: Counter[str] = Counter()
        self._reviews = 0

    def add(self, row: dict, picture: Any = None) -> None:
        """Take an answer.

        Args:
            row (dict): As :func:`~daffnet_lite.answers.rows.as_row` gives it.
            picture: The image, as for ``read_image``. Defaults to None: it
                lies in the file that ``row`` names.
        """
        name, reviewed = row['cell_type'], bool(row['review'])
        self._numbers[name] += 1
        self._reviews += reviewed
        shown = self._shown.setdefault(name, [])
        is_shown = not reviewed and len(shown) < self.per_type
        is_listed = reviewed and len(self._reviewed) < self.most_reviewed
        if not (is_shown or is_listed):
            return
        card = Card(
            printable(row['image']),
            picture_of(
                row['image'] if picture is None else picture, **self._reading
            ),
            name,
            f'{100 * row["probability"]:.1f}',
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

        Raises:
            ValueError: If there was no answer.
        """
        from jinja2 import Environment

        template = files(__package__).joinpath('report.html.jinja')
        page = Environment(autoescape=True).from_string(
            template.read_text(encoding='utf-8')
        )
        counts = differential_count(
            list(self._numbers.elements()), self.classes
        )
        # The program as it is called, without the folder that it lies in.
        program, *words = sys.argv if command is None else command
        words = [program.replace('\\', '/').split('/')[-1], *words]
        return page.render(
            total=self._numbers.total(),
            counts=[_measure(count) for count in counts],
            types=[
                dict(
                    name=count['cell_type'],
                    cards=self._shown.get(count['cell_type'], []),
                    number=self._numbers[count['cell_type']],
                )
                for count in counts
                if self._numbers[count['cell_type']]
            ],
            reviewed=self._reviewed,
            reviews=self._reviews,
            errors=list(map(printable, errors)),
            model=self.model,
            command=printable(shlex.join(words)),
            date=(date or datetime.now().astimezone()).strftime(
                '%Y-%m-%d %H:%M %Z'
            ),
        )


def picture_of(source: Any, **reading: Any) -> str:
    """Make a small JPEG of an image, as an address that holds it.

    Args:
        source: The image, as for ``read_image``.
        **reading: How it is read, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`.

    Returns:
        str: The address; empty if the image has gone.
    """
    try:
        image = read_image(source, **reading).img
    except InputError:
        return ''
    scale = THUMBNAIL / max(image.shape[:2])
    if scale < 1:
        size = [max(1, round(scale * edge)) for edge in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return jpeg_address(image)


def jpeg_address(image: np.ndarray) -> str:
    """Make a JPEG of pixels, as an address that holds it.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.

    Returns:
        str: The address.
    """
    content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    text = base64.b64encode(content.tobytes()).decode()
    return f'data:image/jpeg;base64,{text}'


def _measure(count: dict) -> dict:
    """A row of the count, and how it lies beside its reference range."""
    reference = count['reference']
    verdict = ''
    if reference and count['high'] < reference[0]:
        verdict = 'below'
    elif reference and count['low'] > reference[1]:
        verdict = 'above'
    return dict(count, verdict=verdict)
