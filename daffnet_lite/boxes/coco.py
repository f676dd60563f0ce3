"""Boxes in COCO's JSON."""

from typing import Any

from daffnet_lite.errors import InputError

from .given_box import GivenBox, read_box


def is_coco(data: Any) -> bool:
    """Say whether some JSON looks like COCO's annotations."""
    return isinstance(data, dict) and 'annotations' in data


def boxes_of_coco(data: dict, title: str) -> dict[str, list[GivenBox]]:
    """Find the boxes by the fields' file names.

    Args:
        data (dict): What the file holds.
        title (str): What messages call it.

    Raises:
        InputError: If it does not hold what COCO's files do.
    """
    images = _by_id(data, 'images', 'file_name', title)
    kinds = (
        _by_id(data, 'categories', 'name', title)
        if 'categories' in data
        else {}
    )
    found: dict[str, list[GivenBox]] = {name: [] for name in images.values()}
    for number, entry in enumerate(_list(data, 'annotations', title)):
        where = f'{title}, annotation {number + 1}'
        try:
            name = images[entry['image_id']]
            x, y, width, height = map(float, entry['bbox'])
        except KeyError as e:
            raise InputError(
                f'{where}: {e} is missing, or is no image of the file'
            ) from e
        except (TypeError, ValueError) as e:
            raise InputError(
                f'{where}: its bbox must be the four numbers x, y, width and '
                'height'
            ) from e
        kind = kinds.get(entry.get('category_id'), '')
        found[name].append(
            read_box((x, y, x + width, y + height), where, kind)
        )
    return found


def _by_id(data: dict, key: str, value: str, title: str) -> dict[Any, str]:
    try:
        return {e['id']: str(e[value]) for e in _list(data, key, title)}
    except (KeyError, TypeError) as e:
        raise InputError(
            f'{title}: each of its {key} must have an id and a {value}'
        ) from e


def _list(data: dict, key: str, title: str) -> list:
    entries = data.get(key)
    if not isinstance(entries, list):
        raise InputError(
            f"{title}: COCO's files have a list of {key}, but this one has "
            'none'
        )
    return entries
