import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from daffnet_lite.errors import InputError
from daffnet_lite.structures.class_names import plain

#: What detectors of blood cells also find, without blanks and capitals.
NOT_WHITE = frozenset(
    (
        *('rbc', 'rbcs', 'redcell', 'redcells'),
        *('redbloodcell', 'redbloodcells', 'erythrocyte', 'erythrocytes'),
        *('reticulocyte', 'reticulocytes', 'platelet', 'platelets', 'plt'),
        *('thrombocyte', 'thrombocytes'),
    )
)


class GivenBox(NamedTuple):
    """A box as a file gives it.

    Attributes:
        sides (tuple[float, float, float, float]): x1, y1, x2, y2 in pixels of
            the field; x2 and y2 are exclusive.
        where (str): The place in the file, for messages.
        kind (str): What the file calls the thing in the box; may be empty.
        shares (bool): Whether the sides are shares of the field's width and
            height instead of pixels.
    """

    sides: tuple[float, float, float, float]
    where: str
    kind: str = ''
    shares: bool = False

    @property
    def is_white(self) -> bool:
        """Whether it may be a white cell: it is not called anything else."""
        return plain(self.kind) not in NOT_WHITE

    def in_pixels(self, shape: Sequence[int]) -> tuple[int, int, int, int]:
        """Find the box in a field; what lies beyond the border is cut off.

        Args:
            shape (Sequence[int]): Height and width of the field.

        Returns:
            tuple[int, int, int, int]: x1, y1, x2, y2 in whole pixels.

        Raises:
            InputError: If it has no pixel in the field.
        """
        height, width = shape[:2]
        x1, y1, x2, y2 = self.sides
        if self.shares:
            x1, y1, x2, y2 = x1 * width, y1 * height, x2 * width, y2 * height
        # A rounded share of a whole pixel is no further one.
        tiny = 1e-3
        box = (
            max(math.floor(x1 + tiny), 0),
            max(math.floor(y1 + tiny), 0),
            min(math.ceil(x2 - tiny), width),
            min(math.ceil(y2 - tiny), height),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            sides = ', '.join(f'{side:g}' for side in (x1, y1, x2, y2))
            raise InputError(
                f'{self.where}: the box {sides} (x1, y1, x2, y2) has no pixel '
                f'in its field of {width} x {height} pixels; is it of another '
                'field, or of one that was resized?'
            )
        return box


class BoxesByField(dict[str, list[GivenBox]]):
    """The boxes of fields, by name.

    Args:
        boxes (Mapping): As of a dict. Defaults to none.
        unnamed (bool): Whether it was one file that does not say which field
            it is of, and the only name is the file's. Defaults to False.
    """

    def __init__(
        self,
        boxes: Mapping[str, list[GivenBox]] | None = None,
        unnamed: bool = False,
    ) -> None:
        super().__init__(boxes or {})
        self.unnamed = unnamed


def read_box(
    sides: Sequence[float], where: str, kind: str = '', shares: bool = False
) -> GivenBox:
    """Make a box of what a file says.

    Of what is no white cell it may be anything: BCCD's files have empty boxes
    of platelets.

    Raises:
        InputError: If it is no box.
    """
    x1, y1, x2, y2 = (float(side) for side in sides)
    box = GivenBox((x1, y1, x2, y2), where, kind, shares)
    if box.is_white:
        checked_sides(sides, where)
    return box


def checked_sides(
    sides: Sequence[float], where: str
) -> tuple[float, float, float, float]:
    """Refuse a box that is none.

    Raises:
        InputError: If a side is no finite number, or none is left between
            two of them.
    """
    x1, y1, x2, y2 = (float(side) for side in sides)
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x1 >= x2 or y1 >= y2:
        raise InputError(
            f'{where}: {x1:g}, {y1:g}, {x2:g}, {y2:g} is no box; expected is '
            'x1 < x2 and y1 < y2'
        )
    return x1, y1, x2, y2


def sides_around(
    points: Sequence[Sequence[float]], where: str
) -> tuple[float, float, float, float]:
    """Find the sides of the box around an outline.

    Args:
        points (Sequence[Sequence[float]]): Its x and y.
        where (str): The place in the file.

    Raises:
        InputError: If it has no point.
    """
    xs, ys = ([float(point[axis]) for point in points] for axis in (0, 1))
    if not xs:
        raise InputError(f'{where}: its outline has no point')
    return min(xs), min(ys), max(xs), max(ys)
