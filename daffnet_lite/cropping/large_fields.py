"""Fields of many red cells across, such as slide scanners give.

In them the largest nucleus, the colour of the glass or the usual stain say
little about a place far away. So they are cut into parts, each about as large
as a field under the microscope, with the red cells' diameter for a scale.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .morphology import equivalent_diameter, label
from .overview import COARSE_SIDE, Overview
from .segmented_cell import SegmentedCell
from .surroundings import MOST_TO_RED_CELL, describe

#: A field that is more red cells across than this is a large one.
MOST_ACROSS = 14
#: So many red cells across is the middle of a part, and so many its rim,
#: which lets every cell of the middle be seen whole.
CORE, RIM = 6.0, 2.25
#: The diameter in pixels by which red cells are looked for in an overview.
#: Those of less than half of it are not found.
NOMINAL = 32
#: The largest in an overview whose parts were too small on the level before.
LARGEST = 2.2 * COARSE_SIDE / MOST_ACROSS
#: Windows that are looked at on a level, along a side.
WINDOWS = 3
#: Cells are compared with those of the neighbouring part if they are as near
#: to it as this, in red cells' diameters.
SEAM = 0.5


class Part(NamedTuple):
    """A part of a field: its middle, and the window around it.

    Attributes:
        core (tuple[float, float, float, float]): x1, y1, x2, y2 in pixels; the
            cores of all parts fill the field.
        window (tuple[int, int, int, int]): The same, with the rim.
        red_cell (float): The red cells' diameter in pixels.
        cut (tuple[bool, bool, bool, bool]): Whether the field goes on to the
            left, above, to the right and below the window.
    """

    core: tuple[float, float, float, float]
    window: tuple[int, int, int, int]
    red_cell: float
    cut: tuple[bool, bool, bool, bool]

    def pixels(self, image: np.ndarray) -> np.ndarray:
        """The window's pixels of an image."""
        x1, y1, x2, y2 = self.window
        return image[y1:y2, x1:x2]

    def on_cuts(self, numbers: np.ndarray) -> set[int]:
        """Which numbers of an array lie where the window cuts the field.

        Args:
            numbers (np.ndarray): Numbered things in the window, 0 elsewhere,
                at any scale.
        """
        sides = numbers[:, 0], numbers[0], numbers[:, -1], numbers[-1]
        found = [s for s, cut in zip(sides, self.cut, strict=True) if cut]
        return set(np.unique(np.concatenate([[0], *found])).tolist()) - {0}

    def beyond(self, x: float, y: float) -> float:
        """How far outside the core a point is; below 0 inside."""
        x1, y1, x2, y2 = self.core
        return max(x1 - x, x - x2, y1 - y, y - y2)


def red_cells_of_large_field(
    image: np.ndarray, overview: Overview
) -> float | None:
    """Measure the red cells, if there are many across the image.

    Overviews show them where they have from 13 to some 100 pixels. The whole
    image is looked at first, then windows of half of it, a quarter and so on.
    What is too small melts into clumps or is not found; so the first level on
    which most windows show red cells counts, and they agree there.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.
        overview (Overview): That of the image.

    Returns:
        float | None: Their diameter in pixels; None if the field is no large
        one, or shows no red cells.
    """
    long_side = max(image.shape[:2])
    if long_side < 2 * COARSE_SIDE:
        return None  # The overview shows all that there is.
    found = _measured(overview)
    level = 0
    while found is None:
        level += 1
        if long_side / 2**level < COARSE_SIDE:
            return None
        found = _usual(image, level)
        if found is not None and found > LARGEST * long_side / (
            2**level * COARSE_SIDE
        ):
            return None
    if long_side <= MOST_ACROSS * found:
        return None
    # The next level shows them twice as large, if they are red cells at all,
    # and so more exactly.
    exact = _usual(image, level + 1)
    if exact is None or not 0.6 < exact / found < 1.4:
        return None
    return exact if _fits(overview, exact) else None


def _fits(overview: Overview, red_cell: float) -> bool:
    """Whether the usual nucleus goes with red cells of that size.

    Beside one that does not they are fragments, or the rims of large ones. In
    the overview of a very large field nuclei melt away, and nothing is said.
    """
    area = np.sort(np.bincount(label(overview.nuclei).ravel())[1:])
    if not area.size:
        return True
    # By area, lest platelets outvote nuclei.
    weight = np.cumsum(area)
    usual = area[np.searchsorted(weight, weight[-1] / 2)]
    diameter = equivalent_diameter(usual) * overview.factor
    return bool(diameter < MOST_TO_RED_CELL * red_cell)


def _measured(overview: Overview) -> float | None:
    """The red cells' diameter, in pixels of the image."""
    found = describe(
        overview.stains, overview.nuclei, NOMINAL
    ).red_cell_diameter
    return found and found * overview.factor


def _usual(image: np.ndarray, level: int) -> float | None:
    """What most windows of a level show, if they agree."""
    side = max(image.shape[:2]) >> level
    starts = [
        np.unique(
            np.linspace(
                0, max(whole - side, 0), min(WINDOWS, 2**level)
            ).astype(int)
        )
        for whole in image.shape[:2]
    ]
    found = [
        _measured(Overview(image[top : top + side, left : left + side]))
        for top in starts[0]
        for left in starts[1]
    ]
    known = [diameter for diameter in found if diameter is not None]
    # Parts of a slide may be empty.
    if len(known) < 3:
        return None
    usual = float(np.median(known))
    agreeing = sum(0.75 < diameter / usual < 1.33 for diameter in known)
    return usual if agreeing >= 0.6 * len(found) else None


def parts_of(shape: Sequence[int], red_cell: float) -> Iterator[Part]:
    """Cut a large field into overlapping parts.

    Args:
        shape (Sequence[int]): Height and width of the image.
        red_cell (float): The red cells' diameter in pixels.

    Yields:
        Part: One after the other.
    """
    yield from overlapping_parts(
        shape, CORE * red_cell, RIM * red_cell, red_cell
    )


def overlapping_parts(
    shape: Sequence[int], core: float, rim: float, red_cell: float
) -> Iterator[Part]:
    """Cut an image into parts of about one size.

    Args:
        shape (Sequence[int]): Height and width of the image.
        core (float): Side of a part's middle in pixels, about.
        rim (float): What the window has more on each side.
        red_cell (float): The red cells' diameter in pixels.

    Yields:
        Part: One after the other, row by row.
    """
    edges = [
        np.linspace(0, size, max(1, round(size / core)) + 1)
        for size in shape[:2]
    ]
    for y1, y2 in zip(edges[0][:-1], edges[0][1:], strict=True):
        for x1, x2 in zip(edges[1][:-1], edges[1][1:], strict=True):
            left, top = max(0, round(x1 - rim)), max(0, round(y1 - rim))
            right = min(shape[1], round(x2 + rim))
            bottom = min(shape[0], round(y2 + rim))
            yield Part(
                (x1, y1, x2, y2),
                (left, top, right, bottom),
                red_cell,
                (left > 0, top > 0, right < shape[1], bottom < shape[0]),
            )


class Collection:
    """The cells of a large field, each once.

    A cell belongs to the part in whose core the middle of its nucleus is. Two
    parts may see that middle a little differently, so that cells near a seam
    are taken from both and compared.

    Args:
        shape (Sequence[int]): Height and width of the image.
        red_cell (float): The red cells' diameter in pixels.
    """

    def __init__(self, shape: Sequence[int], red_cell: float) -> None:
        self._shape = shape[0], shape[1]
        self._seam = SEAM * red_cell
        self._inside: list[SegmentedCell] = []
        #: How far outside its core each is, and the cell.
        self._near: list[tuple[float, SegmentedCell]] = []

    def add(self, part: Part, cell: SegmentedCell) -> None:
        """Take a cell of a part, given in the part's pixels."""
        left, top = part.window[:2]
        cell = cell.in_image(left, top, self._shape)
        beyond = part.beyond(*_middle(cell))
        if beyond < -self._seam:
            self._inside.append(cell)
        elif beyond < self._seam:
            self._near.append((beyond, cell))

    def cells(self) -> list[SegmentedCell]:
        """All cells, without those that two parts have found."""
        kept = list(self._inside)
        near = sorted(self._near, key=lambda item: item[0])
        boxes = np.empty((len(kept) + len(near), 4), int)
        for number, cell in enumerate(kept):
            boxes[number] = cell.box
        for _, cell in near:
            x1, y1, x2, y2 = cell.box
            others = boxes[: len(kept)]
            meeting = np.flatnonzero(
                (others[:, 0] < x2)
                & (others[:, 1] < y2)
                & (others[:, 2] > x1)
                & (others[:, 3] > y1)
            )
            if not any(_is_same(cell, kept[number]) for number in meeting):
                boxes[len(kept)] = cell.box
                kept.append(cell)
        return kept


def _middle(cell: SegmentedCell) -> tuple[float, float]:
    y, x = np.nonzero(cell.nucleus_in_box)
    return cell.box[0] + float(x.mean()), cell.box[1] + float(y.mean())


def _is_same(cell: SegmentedCell, other: SegmentedCell) -> bool:
    """Whether half of one nucleus is the other's; the boxes must meet."""
    x1, y1 = np.maximum(cell.box[:2], other.box[:2])
    x2, y2 = np.minimum(cell.box[2:], other.box[2:])
    both = np.ones((y2 - y1, x2 - x1), bool)
    for one in (cell, other):
        left, top = one.box[:2]
        both &= one.nucleus_in_box[y1 - top : y2 - top, x1 - left : x2 - left]
    smaller = min(c.nucleus_in_box.sum() for c in (cell, other))
    return bool(both.sum() > 0.5 * smaller)
