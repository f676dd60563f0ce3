"""From a read image to what a network takes: framed, scaled, normalised."""

from .cell_frame import CellFrame, nucleus_size
from .network_input import as_network_input
from .profiled_frame import ProfiledFrame
from .windows import centre_crop, resize_edge

__all__ = [
    'CellFrame',
    'ProfiledFrame',
    'as_network_input',
    'centre_crop',
    'nucleus_size',
    'resize_edge',
]
