"""Which boxes are of which field, by their names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from os.path import abspath, splitext

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import is_image_name
from daffnet_lite.fileio.names import normalize_name, printable
from daffnet_lite.fileio.tiff_windows import SLIDE_EXTENSIONS

from .given_box import BoxesByField, GivenBox


def boxes_of_fields(
    fields: Sequence[str], given: Mapping[str, list[GivenBox]], title: str
) -> dict[str, list[GivenBox]]:
    """Find the boxes of each field.

    A name goes with the field whose path ends as it does, as far as that
    tells fields apart; folders before, and an ending that is no image's, need
    not agree. What one file says of one field without naming it goes with the
    only field.

    Args:
        fields (Sequence[str]): Paths of the fields.
        given (Mapping): The boxes by name, such as those of
            :func:`~daffnet_lite.boxes.read_boxes`.
        title (str): What messages call the file.

    Returns:
        dict[str, list[GivenBox]]: The boxes of those fields that are named.

    Raises:
        InputError: If a name may mean several fields, several names one, or
            no name any. A file may name none: nothing was found.
    """
    if len(fields) == 1 and isinstance(given, BoxesByField) and given.unnamed:
        (boxes,) = given.values()
        return {fields[0]: boxes}
    names_by_stem = defaultdict(list)
    for name in given:
        names_by_stem[_parts(name)[-1]].append(name)
    taken: dict[str, list[tuple[tuple, str]]] = defaultdict(list)
    for field in fields:
        ranked = sorted(
            (
                (_alike(field, name), name)
                for name in names_by_stem[_parts(field)[-1]]
            ),
            reverse=True,
        )
        ranked = [item for item in ranked if item[0] > (0, 0)]
        if not ranked:
            continue
        if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
            raise InputError(
                f'{title} names {printable(ranked[0][1])} and '
                f'{printable(ranked[1][1])}, and either may be '
                f'{printable(field)}: give them apart, or rename them'
            )
        taken[ranked[0][1]].append((ranked[0][0], field))
    found = {}
    for name, claims in taken.items():
        claims.sort(reverse=True)
        if len(claims) > 1 and claims[0][0] == claims[1][0]:
            raise InputError(
                f'{title} names {printable(name)}, which may be '
                f'{printable(claims[0][1])} or {printable(claims[1][1])}: '
                'name them with their folders'
            )
        found[claims[0][1]] = given[name]
    if fields and given and not found:
        example = printable(next(iter(given)))
        raise InputError(
            f'{title} has no boxes of these fields: it names {example}, but '
            f'the first field is {printable(fields[0])}'
        )
    return found


def _parts(name: str) -> list[str]:
    """Folders and the stem."""
    name = normalize_name(name)
    if _is_field_name(name):
        name = splitext(name)[0]
    return [part for part in name.split('/') if part not in ('', '.')] or ['']


def _alike(field: str, name: str) -> tuple[int, int]:
    """How far two names agree: parts from the end, and the ending."""
    one, other = _parts(abspath(field)), _parts(name)
    same = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        same += 1
    endings = [
        splitext(n)[1].lower() for n in (field, name) if _is_field_name(n)
    ]
    # jpg against png, where both are said: another file of the same name.
    if len(endings) == 2 and endings[0] != endings[1]:
        return same, -1
    return same, len(endings) - 1


def _is_field_name(name: str) -> bool:
    return is_image_name(name) or name.lower().endswith(SLIDE_EXTENSIONS)
