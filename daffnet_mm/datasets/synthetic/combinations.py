"""Which attribute combinations each cell type has, and how often.

``wbcatt_combinations.csv`` holds aggregate counts of the 6,169 cells in the
official training split of WBCAtt (Tsutsui et al., "WBCAtt: A White Blood Cell
Dataset Annotated with Detailed Morphological Attributes", NeurIPS 2023; MIT
licence): one row for each of the 305 distinct combinations of cell type and
eleven attribute values, and the number of cells that have it. It holds no
image and names none.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from daffnet_lite.fileio.csv_files import read_csv
from daffnet_lite.structures.attributes import WBC5_CLASSES, WBC_ATTRIBUTES


class CombinationTable(NamedTuple):
    """The attribute combinations of one cell type.

    Attributes:
        attributes (np.ndarray): Value indices in the order of
            ``WBC_ATTRIBUTES``, int64 of shape (combinations, 11).
        counts (np.ndarray): How many cells have each combination, int64 of
            shape (combinations, ).
    """

    attributes: np.ndarray
    counts: np.ndarray

    def draw(self, uniform: float) -> tuple:
        """Draw a combination in proportion to its count.

        Args:
            uniform (float): A number in [0, 1) that decides the draw.

        Returns:
            tuple[int]: Eleven value indices.
        """
        ends = np.cumsum(self.counts)
        row = int(np.searchsorted(ends, uniform * ends[-1], side='right'))
        return tuple(self.attributes[row].tolist())


@lru_cache(maxsize=1)
def combination_tables() -> dict:
    """Read the table that comes with the package.

    Returns:
        dict[str, CombinationTable]: The combinations of each of the five
        cell types in ``WBC5_CLASSES``.
    """
    source = Path(__file__).with_name('wbcatt_combinations.csv')
    rows: dict[str, list] = {name: [] for name in WBC5_CLASSES}
    columns = ('label', *WBC_ATTRIBUTES, 'count')
    for _, row in read_csv(source, columns):
        values = [v.index(row[name]) for name, v in WBC_ATTRIBUTES.items()]
        rows[row['label']].append([*values, int(row['count'])])
    tables = {name: np.array(found, np.int64) for name, found in rows.items()}
    return {
        name: CombinationTable(table[:, :-1], table[:, -1])
        for name, table in tables.items()
    }
