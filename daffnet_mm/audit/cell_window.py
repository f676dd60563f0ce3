"""The window about the one cell of an image, however the image was cut.

Two crops of one photograph, or of two photographs of one cell, show other
surroundings: what they share is the cell. A window about its nucleus, as large
as that, is the same in both.
"""

from typing import Final

import numpy as np

from daffnet_lite.framing.cell_frame import nucleus_in_middle

#: What stands in the place of a box for the window about the cell.
CELL: Final = 'cell'
#: Side of the window by the root of the nucleus's area. At 1.8 the windows of
#: tight crops reach over their borders, at 2.1 they hold more of the round
#: outline that strangers share.
_SIDE = 1.6
#: How far the window's middle may be from the image's, by its side: else there
#: are several nuclei, and the window is about none of them.
_OFF_CENTRE = 0.25
#: A smaller window, in pixels, tells too little.
_LEAST_SIDE = 16


def cell_window(
    img: np.ndarray,
) -> tuple[float, float, float, float] | None:
    """Find the window about the cell in the middle of an image.

    Args:
        img (np.ndarray): BGR, uint8, of shape (H, W, 3).

    Returns:
        tuple[float, float, float, float] | None: x1, y1, x2, y2 in pixels,
        within the image; None where no one nucleus is in its middle, or too
        small a one.
    """
    nucleus = nucleus_in_middle(img)
    rows, columns = nucleus.nonzero()
    if not len(rows):
        return None
    height, width = img.shape[:2]
    size = len(nucleus)
    x = (columns.mean() + 0.5) * width / size
    y = (rows.mean() + 0.5) * height / size
    side = _SIDE * np.sqrt(nucleus.mean() * height * width)
    off_centre = max(abs(x - width / 2), abs(y - height / 2))
    if side < _LEAST_SIDE or off_centre > _OFF_CENTRE * side:
        return None
    half = side / 2
    return (
        max(x - half, 0.0),
        max(y - half, 0.0),
        min(x + half, float(width)),
        min(y + half, float(height)),
    )
