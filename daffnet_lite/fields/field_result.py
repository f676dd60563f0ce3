import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from daffnet_lite.answers import as_address, as_row, count_answers
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.json_files import plain_values
from daffnet_lite.fileio.names import printable
from daffnet_lite.utils.rounding import rounded_down

from .cutting import Box

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

#: Pixels of the longer side of a field in a notebook, and the most cells that
#: are listed below it.
_IN_NOTEBOOK, _MOST_LISTED = 900, 50


@dataclasses.dataclass(frozen=True, repr=False)
class FieldCell:
    """A white cell of a field.

    Attributes:
        box (tuple[int, int, int, int]): x1, y1, x2, y2 of the cell in pixels
            of the field, without margin; x2 and y2 are exclusive.
        answer (dict): What the classifier says of it, as a call of the
            inferencer returns it.
    """

    box: Box
    answer: dict

    @property
    def cell_type(self) -> str:
        """The type."""
        return self.answer['pred_class']

    @property
    def probability(self) -> float:
        """That of the type."""
        return float(self.answer['pred_score'])

    @property
    def review(self) -> str:
        """Why to look at the cell again; empty without a reason."""
        return self.answer['review']

    def __repr__(self) -> str:
        x1, y1, x2, y2 = self.box
        percent = rounded_down(100 * self.probability, 1)
        told = f'{self.cell_type} {percent} %'
        again = f' ({self.review})' if self.review else ''
        place = f'{x1}, {y1}, {x2}, {y2}'
        return f'{type(self).__name__}({place}: {told}{again})'


@dataclasses.dataclass(frozen=True, repr=False)
class FieldResult:
    """The white cells of a field, which can show themselves.

    Attributes:
        field (str | None): The field's path; None if it has none.
        shape (tuple[int, int]): Its height and width in pixels.
        classes (tuple[str, ...]): The cell types that the classifier knows.
        cells (tuple[FieldCell, ...]): The cells.
        errors (tuple[str, ...]): Why a cell has no answer.
        warnings (tuple[str, ...]): What is to be said of the field.
        reading (Mapping): How the field is read to be drawn: ``bit_depth``
            and ``max_pixels``. Defaults to nothing: as usual.

    Examples:
        >>> from daffnet_mm.apis import WBCInferencer
        >>> field = WBCInferencer().predict_field('field.jpg')
        >>> field
        FieldResult(field.jpg: 1 cell: 1 neutrophil...)
        >>> field.to_frame()['cell_type'].tolist()
        ['neutrophil']
        >>> field.plot().savefig('annotated.png')
    """

    field: str | None
    shape: tuple[int, int]
    classes: tuple[str, ...]
    cells: tuple[FieldCell, ...]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reading: Mapping[str, Any] = dataclasses.field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def boxes(self) -> list[Box]:
        """Those of the cells."""
        return [cell.box for cell in self.cells]

    @cached_property
    def count(self) -> list[dict[str, Any]]:
        """The differential count with 95 % intervals; empty without cells.

        See :func:`~daffnet_lite.answers.count_answers`.
        """
        told = ((cell.cell_type, cell.review) for cell in self.cells)
        return count_answers(told, self.classes)

    def rows(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Flatten the cells into the rows of a table.

        Args:
            names (Sequence[str], optional): What the crops are called.
                Defaults to None: by their numbers.

        Returns:
            list[dict]: ``image``, the crop; ``group``, the field; the box;
            and what a prediction of a single cell has.
        """
        if names is None:
            names = [str(number) for number in range(len(self.cells))]
        return [
            _row(cell, self.classes, name, self.field or '')
            for cell, name in zip(self.cells, names, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain values, which JSON can hold."""
        return plain_values(
            dict(
                field=self.field,
                width=self.shape[1],
                height=self.shape[0],
                cells=self.rows(),
                differential_count=self.count,
                errors=self.errors,
                warnings=self.warnings,
            )
        )

    def to_frame(self) -> 'DataFrame':
        """Give the rows as a frame, a line a cell.

        Returns:
            DataFrame: Of as many rows as there are cells, which may be none;
            ``pandas.concat`` joins those of several fields.
        """
        from pandas import DataFrame

        rows = self.rows()
        return DataFrame(rows, columns=None if rows else self.columns())

    def columns(self) -> list[str]:
        """Name the columns of :meth:`rows`, but attributes if it has none."""
        rows = self.rows()
        return list(rows[0]) if rows else columns_of_none(self.classes)

    def plot(self, image: Any = None, channel_order: str = 'bgr') -> 'Figure':
        """Draw the field with the boxes, types and probabilities.

        Args:
            image (Any, optional): The field, as it was given. Defaults to
                None: what lies at ``field``.
            channel_order (str): Of an array with colours: ``'bgr'`` or
                ``'rgb'``. Defaults to ``'bgr'``.

        Returns:
            Figure: Of Matplotlib, with one pair of axes, in pixels of the
            field.

        Raises:
            InputError: If there is no field that can be read, or it is
                another.
        """
        from matplotlib.figure import Figure

        from .drawing import read_and_draw

        picture = read_and_draw(self, image, channel_order=channel_order)
        height, width = self.shape
        # In inches.
        side = 9 / max(height, width)
        size = max(3, side * width), max(3, side * height) + 0.4
        figure = Figure(figsize=size, layout='constrained')
        axes = figure.subplots()
        axes.axis('off')
        axes.imshow(picture[..., ::-1], extent=(0, width, height, 0))
        axes.set_title(self.summary)
        return figure

    def _repr_html_(self) -> str:
        from .drawing import read_and_draw

        picture = ''
        with suppress(InputError):
            drawn = read_and_draw(self, largest=_IN_NOTEBOOK)
            address = as_address(drawn, _IN_NOTEBOOK)
            picture = f'<img src="{address}" alt="">'
        lines = ''.join(
            f'<tr><td>{", ".join(map(str, cell.box))}</td>'
            f'<td>{escape(cell.cell_type)}</td>'
            f'<td>{rounded_down(cell.probability, 3)}</td>'
            f'<td>{escape(cell.review)}</td></tr>'
            for cell in self.cells[:_MOST_LISTED]
        )
        heads = ('x1, y1, x2, y2', 'cell type', 'probability', 'look at again')
        table = ''.join(f'<th>{head}</th>' for head in heads)
        table = f'<table><tr>{table}</tr>{lines}</table>' if lines else ''
        said = [f'{self._name()}: {self.summary}', *self.errors]
        if len(self.cells) > _MOST_LISTED:
            said.append(f'Below: the first {_MOST_LISTED} cells')
        told = ''.join(f'<p>{escape(printable(line))}</p>' for line in said)
        return f'{picture}{told}{table}'

    def _name(self) -> str:
        if self.field is None:
            return f'{self.shape[1]} x {self.shape[0]} pixels'
        return printable(self.field)

    @property
    def summary(self) -> str:
        """How many cells of which types, and how many to look at again."""
        number = Counter(cell.cell_type for cell in self.cells)
        kinds = ', '.join(f'{n} {name}' for name, n in number.most_common())
        total = len(self.cells)
        told = f'{total} cell{"" if total == 1 else "s"}'
        again = sum(bool(cell.review) for cell in self.cells)
        return (
            told
            + (f': {kinds}' if kinds else '')
            + (f'; {again} to look at again' if again else '')
        )

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self._name()}: {self.summary})'

    def __str__(self) -> str:
        return f'field {self._name()}, {self.summary}'


#: Columns of a table of cells that those of a single cell do not have; with
#: ``image`` they are those of the table of crops.
PLACE_COLUMNS = ('group', 'x1', 'y1', 'x2', 'y2')


def columns_of_none(classes: Sequence[str]) -> list[str]:
    """Name the columns of a table without a cell.

    Args:
        classes (Sequence[str]): The cell types that the classifier knows.

    Returns:
        list[str]: Those of any classifier; attributes, which it may have, are
        known by its answers.
    """
    return [
        'image',
        *PLACE_COLUMNS,
        'cell_type',
        'probability',
        *(f'{name}_probability' for name in classes),
        'review',
    ]


def _row(
    cell: FieldCell, classes: Sequence[str], name: str, group: str
) -> dict[str, Any]:
    row = as_row(dict(cell.answer, image=name), classes)
    image = row.pop('image')
    place = zip(PLACE_COLUMNS, (group, *cell.box), strict=True)
    return dict(image=image, **dict(place), **row)
