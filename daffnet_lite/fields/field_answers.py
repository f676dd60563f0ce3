"""The cells of several fields, as they are written."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from daffnet_lite.answers import count_answers

from .field_result import FieldResult, columns_of_none


class FieldAnswers:
    """The rows of all cells, and what is told of all fields.

    Args:
        results (Sequence[FieldResult]): The fields.
        stems (Sequence[str]): What their files are called, without ending.
        classes (Sequence[str]): The cell types that the classifier knows.
        errors (Sequence[str]): Why a field has no result.
        warnings (Sequence[str]): What is to be said of all.
    """

    several = True

    def __init__(
        self,
        results: Sequence[FieldResult],
        stems: Sequence[str],
        classes: Sequence[str],
        errors: Sequence[str],
        warnings: Sequence[str],
    ) -> None:
        self.results = results
        self.stems = stems
        self.classes = classes
        self.errors = [*errors]
        for result in results:
            self.errors += [f'{result.field}: {e}' for e in result.errors]
        self.warnings = list(warnings)
        uncounted = len(self) - sum(c['number'] for c in self.counts())
        if uncounted:
            self.warnings.append(
                f'{uncounted} of the {len(self)} boxes do not show one white '
                'cell, but none or several, and are left out of the count'
            )
        self.columns = columns_of_none(classes)

    def __iter__(self) -> Iterator[dict]:
        """Give a row a cell."""
        for result, stem in zip(self.results, self.stems, strict=True):
            yield from result.rows(crop_names(result, stem))

    def __len__(self) -> int:
        """How many cells there are."""
        return sum(len(result.cells) for result in self.results)

    @property
    def review(self) -> list[dict]:
        """Cells to look at again, and why."""
        return [
            dict(image=row['image'], review=row['review'])
            for row in self
            if row['review']
        ]

    def counts(self) -> list[dict]:
        """The differential count over all fields; empty without cells."""
        cells = (cell for result in self.results for cell in result.cells)
        told = ((cell.cell_type, cell.review) for cell in cells)
        return count_answers(told, self.classes)

    def field_rows(self) -> list[list]:
        """Count the cells of each field."""
        rows = []
        for result in self.results:
            number = Counter(cell.cell_type for cell in result.cells)
            height, width = result.shape
            kinds = [number[name] for name in self.classes]
            rows.append(
                [result.field, width, height, len(result.cells), *kinds]
            )
        return rows


def crop_names(result: FieldResult, stem: str) -> list[str]:
    """Name the crops of a field by type, field and number."""
    return [
        f'{folder_of(cell.cell_type)}/{stem}_{number}.png'
        for number, cell in enumerate(result.cells)
    ]


def folder_of(cell_type: str) -> str:
    """Make of a type's name that of a folder."""
    return re.sub(r'[^\w .()+-]', '_', cell_type).strip(' .') or '_'
