"""The figures that both papers print, to stand beside our own.

One CSV a table, in ``published/``. Columns are named by metric key, so that a
published figure and a measured one meet under one name. What the papers print
under a wrong header is under the right one here; every such correction, and
every figure that cannot be what it is said to be, is noted in its row. A
column ``<key> implied`` holds what other figures of the row imply.
"""

from pathlib import Path
from typing import NamedTuple

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import read_csv

_FOLDER = Path(__file__).with_suffix('')

#: ``daffnet``: Tables 2 to 6 of DAFFNet (all figures in per cent; weighted
#: averages; ``auc_hard`` is the paper's "AUC"). ``chen``: Tables 4 to 12 of
#: Chen et al. 2022 (macro averages). ``wbcatt``: what WBCAtt's paper has of a
#: network of its own and of two annotators (Tsutsui et al. 2023).
PUBLISHED_TABLES = (
    *(f'daffnet_table{n}' for n in range(2, 7)),
    *(f'chen_table{n}' for n in range(4, 13)),
    'wbcatt',
)
#: Every table that can be filled, and its title.
TITLES = {
    row['table']: row['title']
    for _, row in read_csv(_FOLDER / 'titles.csv', ('table', 'title'))
}


class PublishedRow(NamedTuple):
    """A row of a published table.

    Attributes:
        dataset (str): The dataset, as DAFFNet's Table 1 names it; WBCAtt for
            the attributes.
        method (str): The method; in DAFFNet's Table 5 the attribute, or
            ``'overall'``.
        origin (str): ``'proposed'`` (the paper's own network),
            ``'ablation'`` (a variant of it), ``'peer'`` (another network,
            which can be trained here) or ``'cited'`` (known by its published
            figures alone).
        trained (str, optional): The method that is trained for it here; None
            of a cited one.
        figures (dict[str, float]): Value in per cent by metric key; what the
            paper leaves blank is left out.
        note (str): What a reader has to know, or ''.
    """

    dataset: str
    method: str
    origin: str
    trained: str | None
    figures: dict[str, float]
    note: str


def load_published(table: str) -> list[PublishedRow]:
    """Load a table of one of the papers.

    Args:
        table (str): One of :data:`PUBLISHED_TABLES`, such as
            ``'daffnet_table4'``.

    Returns:
        list[PublishedRow]: The rows, in the paper's order.

    Raises:
        InputError: If there is no such table.

    Examples:
        >>> load_published('chen_table4')[1].figures['wbc/accuracy']
        97.84
    """
    if table not in PUBLISHED_TABLES:
        raise InputError(
            f'there is no published table {table!r}; there are '
            f'{", ".join(PUBLISHED_TABLES)}'
        )
    return [
        PublishedRow(
            row.pop('dataset'),
            row.pop('method'),
            row.pop('origin'),
            row.pop('trained') or None,
            note=row.pop('note'),
            figures={k: float(v) for k, v in row.items() if v},
        )
        for _, row in read_csv(_FOLDER / f'{table}.csv', ('dataset',))
    ]
