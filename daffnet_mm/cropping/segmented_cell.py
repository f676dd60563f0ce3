from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class SegmentedCell:
    """A white cell in an image.

    Its parts are attributes and, as in a dict, items: ``cell.box`` is
    ``cell['box']``.

    Args:
        nucleus (np.ndarray): bool of the image's height and width; all lobes.
        cell (np.ndarray): bool of the image's height and width; nucleus and
            cytoplasm.
        box (tuple[int, int, int, int]): x1, y1, x2, y2 of the cell in pixels;
            x2 and y2 are exclusive.
    """

    nucleus: np.ndarray
    cell: np.ndarray
    box: tuple[int, int, int, int]

    @classmethod
    def from_masks(
        cls, nucleus: np.ndarray, cell: np.ndarray
    ) -> 'SegmentedCell':
        """Box the cell that two masks show."""
        rows = np.flatnonzero(cell.any(axis=1))
        columns = np.flatnonzero(cell.any(axis=0))
        box = (
            int(columns[0]),
            int(rows[0]),
            int(columns[-1]) + 1,
            int(rows[-1]) + 1,
        )
        return cls(nucleus, cell, box)

    def __getitem__(self, name: str) -> Any:
        if name not in ('nucleus', 'cell', 'box'):
            raise KeyError(name)
        return getattr(self, name)
