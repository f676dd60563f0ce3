"""What is known of a laboratory: scale, colours and stain, as a small file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.json_files import plain_values, read_json, write_json

#: What a file says it is, and the version of its form.
FORMAT, VERSION = 'daffnet_mm laboratory profile', 1
#: The laboratory that the shipped model is at home in.
HOME = Path(__file__).with_name('pbc.json')
#: No image has more pixels along a side.
LONGEST = 1e5

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Scale:
    """How large the laboratory's cells are.

    Args:
        red_cell (float): The red cells' diameter in pixels of the files.
        spread (float): Standard deviation of single cells, in pixels.
        rims (int): Red cells' rims that were measured.
        images (int): Images that they are from.
    """

    red_cell: float
    spread: float
    rims: int
    images: int


@dataclass(frozen=True)
class Colours:
    """Three things that every smear has, as optical densities (B, G, R).

    Natural logarithms of 255 over the pixel's value, camera included.

    Args:
        background (Triple): Where nothing is on the slide.
        red_cells (Triple): Of red cells.
        nuclei (Triple): Of white cells' nuclei.
        spread (tuple[Triple, Triple, Triple]): Standard deviation of the
            three between images.
        images (int): Images that they are from.
    """

    background: Triple
    red_cells: Triple
    nuclei: Triple
    spread: tuple[Triple, Triple, Triple]
    images: int


@dataclass(frozen=True)
class Cytoplasm:
    """How deep white cells' cytoplasm is stained.

    Args:
        depth (float): Its optical density as a share of the nucleus's, both
            over the background's and summed over the channels: the lower
            quartile over the images. Eosinophils and monocytes, which are
            dark by nature, fill the upper ones.
        spread (float): Standard deviation of the depth between images.
        background (Triple): Optical densities (B, G, R), camera included,
            where nothing is on the slide.
        nuclei (Triple): Those of nuclei.
        images (int): Images that all this is from.
    """

    depth: float
    spread: float
    background: Triple
    nuclei: Triple
    images: int


@dataclass(frozen=True)
class Profile:
    """A laboratory's scale, colours and stain.

    Args:
        images (int): Images that were looked at.
        side (float): Their usual short edge in pixels.
        scale (Scale | None): None where it could not be measured.
        colours (Colours | None): None where they could not be measured.
        refused (tuple[str, ...]): What could not be measured, and why.
        cytoplasm (Cytoplasm | None): None where it could not be measured, or
            was not, as in files of before.
    """

    images: int
    side: float
    scale: Scale | None
    colours: Colours | None
    refused: tuple[str, ...] = ()
    cytoplasm: Cytoplasm | None = None

    def save(self, path: str | PathLike[str]) -> None:
        """Write the profile as JSON, whole or not at all.

        Args:
            path (str | Path): The file.
        """
        write_json(path, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Give the profile as plain values, as in its file."""
        # With lists in the place of tuples, as whoever reads it expects.
        return plain_values(
            dict(format=FORMAT, version=VERSION, **asdict(self))
        )


def read_profile(path: str | PathLike[str]) -> Profile:
    """Read a profile, and nothing but a profile.

    Args:
        path (str | Path): What :meth:`Profile.save` wrote.

    Returns:
        Profile: The profile.

    Raises:
        InputError: If there is no such file, or it is none.
    """
    return parse_profile(read_json(path), str(path))


def parse_profile(content: Any, name: str) -> Profile:
    """Make a profile of what :meth:`Profile.to_dict` gave.

    Args:
        content (Any): The dict.
        name (str): What messages call it.

    Returns:
        Profile: The profile.

    Raises:
        InputError: If it is none.
    """
    if not isinstance(content, dict) or content.get('format') != FORMAT:
        raise InputError(
            f'{name} is no profile of a laboratory; make one with '
            'daffnet profile'
        )
    if content.get('version') != VERSION:
        raise InputError(
            f'{name} is a profile of version {content.get("version")!r}, and '
            f'this daffnet_mm reads version {VERSION}: make it again'
        )
    reader = _Reader(name)
    scale, colours, cytoplasm = (
        content.get(name) for name in ('scale', 'colours', 'cytoplasm')
    )
    refused = content.get('refused', [])
    if not isinstance(refused, list) or not all(
        isinstance(text, str) for text in refused
    ):
        raise reader.error('refused', refused, 'a list of sentences')
    return Profile(
        reader.count(content, 'images'),
        reader.positive(content, 'side'),
        None if scale is None else reader.scale(scale),
        None if colours is None else reader.colours(colours),
        tuple(refused),
        None if cytoplasm is None else reader.cytoplasm(cytoplasm),
    )


def home_profile() -> Profile:
    """The profile of the laboratory that the shipped model was trained in."""
    return read_profile(HOME)


class _Reader:
    """Takes values out of a file, and names the one that is wrong."""

    def __init__(self, path: str) -> None:
        self._path = path

    def error(self, name: str, value: Any, wanted: str) -> InputError:
        return InputError(
            f'{self._path}: {name} is {value!r}, but must be {wanted}; make '
            'the profile again with daffnet profile'
        )

    def scale(self, part: Any) -> Scale:
        part = self._mapping('scale', part)
        return Scale(
            self.positive(part, 'red_cell'),
            self.number('spread', part.get('spread'), 0, LONGEST),
            self.count(part, 'rims'),
            self.count(part, 'images'),
        )

    def colours(self, part: Any) -> Colours:
        part = self._mapping('colours', part)
        names = ('background', 'red_cells', 'nuclei')
        spread = part.get('spread')
        if not isinstance(spread, list) or len(spread) != len(names):
            raise self.error('spread', spread, 'three lists of three numbers')
        background, red_cells, nuclei = (
            self._triple(name, part.get(name)) for name in names
        )
        of_background, of_red_cells, of_nuclei = (
            self._triple('spread', values) for values in spread
        )
        return Colours(
            background,
            red_cells,
            nuclei,
            (of_background, of_red_cells, of_nuclei),
            self.count(part, 'images'),
        )

    def cytoplasm(self, part: Any) -> Cytoplasm:
        part = self._mapping('cytoplasm', part)
        background, nuclei = (
            self._triple(name, part.get(name))
            for name in ('background', 'nuclei')
        )
        if not all(b < n for b, n in zip(background, nuclei, strict=True)):
            raise self.error(
                'nuclei',
                part['nuclei'],
                "above the background's in each channel",
            )
        return Cytoplasm(
            self.number('depth', part.get('depth'), 0.001, 0.999),
            self.number('spread', part.get('spread'), 0, 1),
            background,
            nuclei,
            self.count(part, 'images'),
        )

    def count(self, part: Mapping, name: str) -> int:
        value = part.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(name, value, 'a whole number above 0')
        return value

    def positive(self, part: Mapping, name: str) -> float:
        return self.number(name, part.get(name), 1, LONGEST)

    def number(
        self, name: str, value: Any, least: float, most: float
    ) -> float:
        if (
            not isinstance(value, (int, float))
            or isinstance(value, bool)
            or not least <= value <= most
        ):
            wanted = f'a number from {least:g} to {most:g}'
            raise self.error(name, value, wanted)
        return float(value)

    def _triple(self, name: str, values: Any) -> Triple:
        if not isinstance(values, list) or len(values) != 3:
            raise self.error(name, values, 'a list of three numbers')
        blue, green, red = (self.number(name, v, -0.1, 6) for v in values)
        return blue, green, red

    def _mapping(self, name: str, value: Any) -> Mapping:
        if not isinstance(value, dict):
            raise self.error(name, value, 'an object')
        return value
