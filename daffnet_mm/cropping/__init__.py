"""Find white blood cells in pictures of smears, and crop them."""

from daffnet_lite.cropping import (
    SegmentedCell,
    crop_window,
    cut_window,
    segment_cells,
)

__all__ = ['SegmentedCell', 'crop_window', 'cut_window', 'segment_cells']
