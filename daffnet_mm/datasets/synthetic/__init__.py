"""Embedded synthetic cells: a renderer that needs no data."""

from .combinations import CombinationTable, combination_tables
from .laboratories import LABORATORIES, Laboratory
from .renderer import render_cell

__all__ = [
    'LABORATORIES',
    'CombinationTable',
    'Laboratory',
    'combination_tables',
    'render_cell',
]
