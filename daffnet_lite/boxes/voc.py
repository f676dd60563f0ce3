"""Boxes in PASCAL VOC's XML, a file a field."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.regular_files import read_regular

from .given_box import GivenBox, read_box

_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')


def read_voc(path: Path) -> list[GivenBox]:
    """Read the boxes of a field.

    Raises:
        InputError: If the file is no XML, or an object has no box.
    """
    try:
        root = ElementTree.fromstring(read_regular(path))
    except ElementTree.ParseError as e:
        raise InputError(f'{path} is not valid XML ({e})') from e
    if root.tag != 'annotation':
        raise InputError(
            f'{path} is no XML of PASCAL VOC: its root is {root.tag!r}, not '
            "'annotation'"
        )
    found = []
    for number, cell in enumerate(root.iter('object')):
        where = f'{path}, object {number + 1}'
        try:
            sides = [
                float(cell.findtext(f'bndbox/{side}') or '') for side in _SIDES
            ]
        except ValueError as e:
            raise InputError(
                f'{where}: its bndbox must have numbers as {", ".join(_SIDES)}'
            ) from e
        kind = (cell.findtext('name') or '').strip()
        found.append(read_box(sides, where, kind))
    return found
