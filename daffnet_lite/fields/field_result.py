from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as part
from functools import cached_property
from typing import Any

from daffnet_lite.answers import as_row, differential_count

from .cutting import Box


@dataclass(frozen=True)
class FieldCell:
    """A white cell of a field.

    Attributes:
        box (tuple[int, int, int, int]): x1, y1, x2, y2 of the cell in pixels
            of the field, without margin; x2 and y2 are exclusive.
        answer (dict): What the classifier says of it, as a call of the
            inferencer returns it.
    """

    box: Box
    answer: dict = part(repr=False)

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


@dataclass(frozen=True)
class FieldResult:
    """The white cells of a field.

    Attributes:
        field (str | None): The field's path; None if it has none.
        shape (tuple[int, int]): Its height and width in pixels.
        classes (tuple[str, ...]): The cell types that the classifier knows.
        cells (tuple[FieldCell, ...]): The cells.
        errors (tuple[str, ...]): Why a cell has no answer.
        warnings (tuple[str, ...]): What is to be said of the field.
    """

    field: str | None
    shape: tuple[int, int]
    classes: tuple[str, ...] = part(repr=False)
    cells: tuple[FieldCell, ...]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def boxes(self) -> list[Box]:
        """Those of the cells."""
        return [cell.box for cell in self.cells]

    @cached_property
    def count(self) -> list[dict[str, Any]]:
        """The differential count with 95 % intervals; empty without cells.

        See :func:`~daffnet_lite.answers.differential_count`.
        """
        types = [cell.cell_type for cell in self.cells]
        return differential_count(types, self.classes) if types else []

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
        return dict(
            field=self.field,
            width=self.shape[1],
            height=self.shape[0],
            cells=self.rows(),
            differential_count=self.count,
            errors=list(self.errors),
            warnings=list(self.warnings),
        )

    def __str__(self) -> str:
        number = Counter(cell.cell_type for cell in self.cells)
        kinds = ', '.join(f'{n} {name}' for name, n in number.most_common())
        name = self.field or f'{self.shape[1]} x {self.shape[0]} pixels'
        told = f'{len(self.cells)} cells' + (f': {kinds}' if kinds else '')
        return f'field {name}, {told}'


#: Columns of a table of cells that those of a single cell do not have; with
#: ``image`` they are those of the table of crops.
PLACE_COLUMNS = ('group', 'x1', 'y1', 'x2', 'y2')


def _row(
    cell: FieldCell, classes: Sequence[str], name: str, group: str
) -> dict[str, Any]:
    row = as_row(dict(cell.answer, image=name), classes)
    image = row.pop('image')
    place = zip(PLACE_COLUMNS, (group, *cell.box), strict=True)
    return dict(image=image, **dict(place), **row)
