"""From a read image to what a network takes: framed and scaled."""

from .cell_frame import CellFrame, nucleus_size
from .profiled_frame import ProfiledFrame
from .windows import centre_crop, resize_edge

__all__ = [
    'CellFrame',
    'ProfiledFrame',
    'centre_crop',
    'nucleus_size',
    'resize_edge',
]
