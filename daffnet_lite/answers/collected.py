import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.image_folders import ImageListing
from daffnet_lite.profiles.measuring import Measurement

from .differential import count_answers
from .rows import as_row
from .whole_fields import describe_fields


class Inferencer(Protocol):
    """What answers come from.

    Attributes:
        classes (Sequence[str]): Names of the cell types.
    """

    classes: Sequence[str]

    @property
    def errors(self) -> dict[int, str]:
        """dict[int, str]: Why an image has no answer, by its place."""

    @property
    def warnings(self) -> list[str]:
        """list[str]: What is to be said of how images were read."""

    @property
    def reading(self) -> dict[str, Any]:
        """dict: ``bit_depth`` and ``max_pixels`` that images are read with."""

    def window(
        self, looked_at: Callable[[], Sequence[Measurement]]
    ) -> int | None:
        """Tell the side of the squares that cells of fields are cut in."""

    def stream(
        self, inputs: Any, batch_size: int, skip_broken: bool
    ) -> Iterator[dict]:
        """Yield the answer for each image, in their order."""


class Rows(Protocol):
    """What can be written: rows, and what is told of all of them.

    Attributes:
        errors (list[str]): Sentences on what has no answer.
        warnings (list[str]): Sentences on how images were read.
        several (bool): Whether there is anything to tell of several cells.
        columns (list[str]): Those of a table without a row.
    """

    errors: list[str]
    warnings: list[str]
    several: bool
    columns: list[str]

    @property
    def review(self) -> list[dict]:
        """Images to look at again, and why."""

    def __iter__(self) -> Iterator[dict]:
        """Give the rows."""

    def counts(self) -> list[dict]:
        """The differential count; may be empty."""


class Answers:
    """The rows, once, one after the other, and then what is told of all.

    Args:
        inferencer (Inferencer): The model, on whatever it runs.
        listing (ImageListing): The images.
        notes (list[str]): What was to be said of the listing.
        batch_size (int): Images at once.
        watch (Callable, optional): Is shown each row. Defaults to None.
    """

    def __init__(
        self,
        inferencer: Inferencer,
        listing: ImageListing,
        notes: list[str],
        batch_size: int,
        watch: Callable[[dict], None] | None = None,
    ) -> None:
        self._inferencer = inferencer
        self._watch = watch
        self._listing = listing
        self._batch_size = batch_size
        #: Type and review of each.
        self._told: list[tuple[str, str]] = []
        #: Images to look at again, and why.
        self.review: list[dict] = []
        self.errors: list[str] = []
        self.warnings = notes
        #: Whether there is anything to tell of several cells.
        self.several = len(listing.images) > 1
        #: There is a row at least.
        self.columns: list[str] = []

    def __iter__(self) -> Iterator[dict]:
        """Predict, and say in the end which images have no answer.

        Raises:
            InputError: If none has.
        """
        for cell in self._inferencer.stream(
            self._listing.images, self._batch_size, skip_broken=True
        ):
            row = as_row(cell, self._inferencer.classes)
            self._told.append((row['cell_type'], row['review']))
            if row['review']:
                self.review.append(
                    dict(image=row['image'], review=row['review'])
                )
            if self._watch is not None:
                self._watch(row)
            yield row
        self.warnings += self._inferencer.warnings
        for note in describe_fields(self.review, len(self)):
            self.warnings.append(note)
            warnings.warn(note, InputWarning, stacklevel=2)
        self.errors += self._listing.faults
        self.errors += self._inferencer.errors.values()
        for error in self.errors:
            print(f'error: {error}', file=sys.stderr)
        if not len(self):
            raise InputError(
                f'none of the {len(self._listing.images)} images has an answer'
            )

    def __len__(self) -> int:
        """How many there were so far."""
        return len(self._told)

    def counts(self) -> list[dict]:
        """The differential count; nothing of a single image."""
        if not self.several:
            return []
        return count_answers(self._told, self._inferencer.classes)
