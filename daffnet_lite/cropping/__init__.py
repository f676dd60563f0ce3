"""Find white blood cells in pictures of smears, and crop them."""

from .boxes import crop_window, cut_window
from .segmentation import segment_cells
from .segmented_cell import SegmentedCell

__all__ = ['SegmentedCell', 'crop_window', 'cut_window', 'segment_cells']
