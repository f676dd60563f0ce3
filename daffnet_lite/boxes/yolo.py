"""Boxes in YOLO's texts, a file a field, a line a box."""

from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.text_files import read_text

from .given_box import GivenBox, read_box, sides_around

#: Names of the classes, a line each, beside the texts.
CLASSES = 'classes.txt'


def is_yolo(text: str) -> bool:
    """Say whether a text's first line is one of YOLO's, or it has none."""
    lines = text.split('\n')
    words = next((line.split() for line in lines if line.strip()), None)
    if words is None:
        return True
    try:
        return len([float(word) for word in words]) >= 5
    except ValueError:
        return False


def read_yolo(path: Path) -> list[GivenBox]:
    """Read the boxes of a field; of outlines, the boxes around them.

    The classes' names are read from ``classes.txt`` beside the file where
    there is one.

    Raises:
        InputError: If a line holds no box.
    """
    text, _ = read_text(path)
    beside = path.with_name(CLASSES)
    names = read_text(beside)[0].splitlines() if beside.is_file() else []
    found = []
    for number, line in enumerate(text.splitlines()):
        if not line.strip():
            continue
        where = f'{path}, line {number + 1}'
        try:
            kind, *values = map(float, line.split())
        except ValueError as e:
            raise InputError(f'{where}: {line!r} must be numbers') from e
        if len(values) in (4, 5):  # the fifth is the detector's confidence
            x, y, width, height = values[:4]
            shares = [x, y, width, height]
            right, bottom = x + width / 2, y + height / 2
            sides = x - width / 2, y - height / 2, right, bottom
        elif len(values) >= 6 and len(values) % 2 == 0:
            shares = values
            points = list(zip(values[::2], values[1::2], strict=True))
            sides = sides_around(points, where)
        else:
            raise InputError(
                f'{where}: expected are a class, x, y, width and height, but '
                f'it has {1 + len(values)} numbers'
            )
        if not all(0 <= share <= 1 for share in shares):
            raise InputError(
                f"{where}: YOLO's numbers are shares of the field's width "
                f'and height, between 0 and 1, but it has {line!r}'
            )
        name = ''
        if kind.is_integer() and 0 <= kind < len(names):
            name = names[int(kind)].strip()
        found.append(read_box(sides, where, name, shares=True))
    return found
