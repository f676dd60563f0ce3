"""Outlines in GeoJSON, as QuPath exports objects; read and written."""

from collections.abc import Iterator, Sequence
from typing import Any

from daffnet_lite.errors import InputError

from .given_box import GivenBox, read_box, sides_around

_OUTLINES = ('Polygon', 'MultiPolygon')


def is_geojson(data: Any) -> bool:
    """Say whether some JSON looks like GeoJSON."""
    if isinstance(data, list):
        return all(
            isinstance(e, dict) and e.get('type') == 'Feature' for e in data
        )
    return isinstance(data, dict) and data.get('type') in (
        'Feature',
        'FeatureCollection',
    )


def boxes_of_geojson(data: Any, title: str) -> list[GivenBox]:
    """Box the outlined objects; points and lines are none.

    Args:
        data: What the file holds.
        title (str): What messages call it.

    Raises:
        InputError: If an outline is broken.
    """
    features = data
    if isinstance(data, dict):
        features = data.get('features', [data])
    if not isinstance(features, list):
        raise InputError(f'{title}: its features must be a list')
    found = []
    for number, feature in enumerate(features):
        where = f'{title}, feature {number + 1}'
        try:
            geometry = feature['geometry']
            if geometry['type'] not in _OUTLINES:
                continue
            sides = sides_around(list(_points(geometry['coordinates'])), where)
            properties = feature.get('properties') or {}
            kind = (properties.get('classification') or {}).get('name', '')
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise InputError(
                f'{where}: it has no outline that can be read ({e!r}); export '
                'the objects from QuPath as GeoJSON again'
            ) from e
        found.append(read_box(sides, where, str(kind)))
    return found


def _points(coordinates: list) -> Iterator[tuple[float, float]]:
    if coordinates and not isinstance(coordinates[0], list):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _points(inner)


def feature_of_box(
    box: Sequence[int],
    kind: str,
    colour: Sequence[int],
    measurements: dict[str, float],
) -> dict:
    """Describe a box as QuPath does an object that it has detected.

    Args:
        box (Sequence[int]): x1, y1, x2, y2 in pixels.
        kind (str): Its class.
        colour (Sequence[int]): Red, green and blue, up to 255.
        measurements (dict[str, float]): Numbers to show beside it.
    """
    x1, y1, x2, y2 = box
    ring = [[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]]
    return dict(
        type='Feature',
        geometry=dict(type='Polygon', coordinates=[ring]),
        properties=dict(
            objectType='annotation',
            classification=dict(name=kind, color=list(colour)),
            measurements=measurements,
        ),
    )
