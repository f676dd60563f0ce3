from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class SegmentedCell:
    """A white cell in an image.

    Its parts are attributes and, as in a dict, items: ``cell.box`` is
    ``cell['box']``. The masks are kept within the box and laid out when they
    are asked for: a field may be large and hold hundreds of cells.

    Args:
        box (tuple[int, int, int, int]): x1, y1, x2, y2 of the cell in pixels;
            x2 and y2 are exclusive.
        shape (tuple[int, int]): Height and width of the image.
        nucleus_in_box (np.ndarray): bool, of the box's height and width; all
            lobes.
        cell_in_box (np.ndarray): bool, of the box's height and width; nucleus
            and cytoplasm.
    """

    box: tuple[int, int, int, int]
    shape: tuple[int, int]
    nucleus_in_box: np.ndarray
    cell_in_box: np.ndarray

    @classmethod
    def from_masks(
        cls, nucleus: np.ndarray, cell: np.ndarray
    ) -> 'SegmentedCell':
        """Box the cell that two masks show.

        Args:
            nucleus (np.ndarray): bool of the image's height and width.
            cell (np.ndarray): bool of the image's height and width; it holds
                the nucleus.

        Returns:
            SegmentedCell: The cell.
        """
        rows = np.flatnonzero(cell.any(axis=1))
        columns = np.flatnonzero(cell.any(axis=0))
        x1, y1 = int(columns[0]), int(rows[0])
        x2, y2 = int(columns[-1]) + 1, int(rows[-1]) + 1
        window = slice(y1, y2), slice(x1, x2)
        return cls(
            (x1, y1, x2, y2),
            (cell.shape[0], cell.shape[1]),
            nucleus[window].copy(),
            cell[window].copy(),
        )

    @cached_property
    def nucleus(self) -> np.ndarray:
        """Bool of the image's height and width; all lobes."""
        return self._laid_out(self.nucleus_in_box)

    @cached_property
    def cell(self) -> np.ndarray:
        """Bool of the image's height and width; nucleus and cytoplasm."""
        return self._laid_out(self.cell_in_box)

    def in_image(
        self, left: int, top: int, shape: tuple[int, int]
    ) -> 'SegmentedCell':
        """Move the cell from a part of an image into the image.

        Args:
            left (int): Where the part begins.
            top (int): Where the part begins.
            shape (tuple[int, int]): Height and width of the image.

        Returns:
            SegmentedCell: The same cell in the image.
        """
        x1, y1, x2, y2 = self.box
        return replace(
            self,
            box=(x1 + left, y1 + top, x2 + left, y2 + top),
            shape=shape,
        )

    def _laid_out(self, mask: np.ndarray) -> np.ndarray:
        x1, y1, x2, y2 = self.box
        whole = np.zeros(self.shape, bool)
        whole[y1:y2, x1:x2] = mask
        return whole

    def __getitem__(self, name: str) -> Any:
        if name not in ('nucleus', 'cell', 'box'):
            raise KeyError(name)
        return getattr(self, name)
