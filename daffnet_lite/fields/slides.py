"""The cells of slides, which are read by windows, never whole."""

from collections.abc import Sequence

from daffnet_lite.cropping import SegmentedCell, segment_cells
from daffnet_lite.cropping.large_fields import (
    Collection,
    Part,
    overlapping_parts,
)
from daffnet_lite.fileio.tiff_windows import TiffWindows

from .cutting import Box, given_boxes

#: Pixels along a side of what is segmented at once, and what it overlaps on
#: each side: more than a cell under the strongest objectives.
CORE, RIM = 3072, 512
#: Cells as near as this to the seam of two windows are compared.
SEAM = 64


def parts_of_slide(shape: Sequence[int]) -> list[Part]:
    """Cut a slide into overlapping windows.

    Args:
        shape (Sequence[int]): Its height and width.
    """
    return list(overlapping_parts(shape, CORE, RIM, 2 * SEAM))


def cells_of_part(slide: TiffWindows, part: Part) -> list[SegmentedCell]:
    """Find the white cells of a window, in its pixels."""
    return segment_cells(slide.read(*part.window))


def joined_boxes(
    shape: Sequence[int], found: Sequence[tuple[Part, list[SegmentedCell]]]
) -> list[Box]:
    """Put the cells of all windows together, each once.

    Args:
        shape (Sequence[int]): Height and width of the slide.
        found (Sequence): The windows and their cells.

    Returns:
        list[Box]: The boxes in the slide, largest nucleus first.
    """
    collection = Collection(shape, 2 * SEAM)
    # Whichever window was ready first.
    for part, cells in sorted(found, key=lambda item: item[0].core):
        for cell in cells:
            collection.add(part, cell)
    cells = sorted(
        collection.cells(),
        key=lambda cell: cell.nucleus_in_box.sum(),
        reverse=True,
    )
    return [cell.box for cell in cells]


def find_boxes_of_slide(
    slide: TiffWindows, given: Sequence | None = None
) -> list[Box]:
    """Find the boxes of a slide's cells, a window after the other.

    Args:
        slide (TiffWindows): The slide.
        given (Sequence, optional): As for ``find_boxes``.
    """
    if given is not None:
        return given_boxes(slide.shape, given)
    return joined_boxes(
        slide.shape,
        [
            (part, cells_of_part(slide, part))
            for part in parts_of_slide(slide.shape)
        ],
    )
