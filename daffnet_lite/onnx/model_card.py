"""What an exported file says of itself, beside the network."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import KnownLaboratories
from daffnet_lite.review import ReviewRule

from .steps import MOST_PIXELS, build_steps

#: The version of the form in which it is written.
VERSION = 1
#: What the names of all its entries begin with.
PREFIX = 'daffnet.'
#: What a network gives, in this order; the attributes and the features only
#: where it has such.
OUTPUTS = (
    'class_probabilities',
    'attribute_probabilities',
    'attribute_values',
    'features',
)

#: Entries that files of before do not have.
OPTIONAL = ('laboratories',)

Part = TypeVar('Part')


class Reading(NamedTuple):
    """How images are read.

    Attributes:
        min_edge (int | None): Short edge that is enough; JPEGs are decoded at
            reduced scale.
        bit_depth (int | None): Bits that values of more than 8 bits use.
        max_pixels (int | None): The most pixels.
        margin (float): What was left around cells that were cut out by
            boxes, on each side, as a share of width and height.
    """

    min_edge: int | None = None
    bit_depth: int | None = None
    max_pixels: int | None = None
    margin: float = 0.0


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What an exported file says of itself, beside the network.

    Args:
        classes (tuple[str, ...]): The cell types, in the order of the
            probabilities.
        attributes (dict[str, tuple[str, ...]]): The attributes and their
            values, in that order; none for a network without.
        size (tuple[int, int]): Height and width of the images that the
            network takes.
        reading (Reading): How images are read.
        steps (list[dict]): What is done to the pixels before, see
            :func:`~daffnet_lite.onnx.steps.build_steps`.
        normalisation (dict): What the network does to pixels first (``mean``,
            ``std``, ``to_rgb``), for who wants to know.
        temperatures (dict[str, float]): By what logits were divided to
            calibrate the probabilities; they are part of the weights.
        review (ReviewRule, optional): Of which answers to think twice.
            Defaults to None: none was fitted.
        laboratories (KnownLaboratories, optional): Where it was taught.
            Defaults to None: it is as sure everywhere.
        source (dict): Where the network comes from: ``config``,
            ``checkpoint_sha256``, ``versions``, ``precision``.
    """

    classes: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]
    size: tuple[int, int]
    reading: Reading
    steps: list[dict[str, Any]]
    normalisation: dict[str, Any] = field(default_factory=dict)
    temperatures: dict[str, float] = field(default_factory=dict)
    review: ReviewRule | None = None
    laboratories: KnownLaboratories | None = None
    source: dict[str, Any] = field(default_factory=dict)

    def to_metadata(self) -> dict[str, str]:
        """Write the card as a file's metadata.

        Returns:
            dict[str, str]: JSON by name.
        """
        values = dict(
            version=VERSION,
            classes=self.classes,
            attributes=self.attributes,
            size=self.size,
            reading=self.reading._asdict(),
            steps=self.steps,
            normalisation=self.normalisation,
            temperatures=self.temperatures,
            review=self.review and self.review.to_dict(),
            laboratories=self.laboratories and self.laboratories.to_dict(),
            source=self.source,
        )
        return {
            f'{PREFIX}{name}': json.dumps(value, default=_array_as_text)
            for name, value in values.items()
        }

    @classmethod
    def from_metadata(
        cls, metadata: Mapping[str, str], name: str
    ) -> 'ModelCard':
        """Read the card from a file's metadata, and nothing but a card.

        Args:
            metadata (Mapping[str, str]): The metadata.
            name (str): The file's name, for the message.

        Returns:
            ModelCard: The card.

        Raises:
            InputError: If it is none, one of another version, or damaged.
        """
        return _CardReader(metadata, name).card()


class _CardReader:
    """Takes values out of metadata, and names the one that is wrong."""

    def __init__(self, metadata: Mapping[str, str], name: str) -> None:
        self._metadata = metadata
        self._name = name

    def card(self) -> ModelCard:
        if f'{PREFIX}version' not in self._metadata:
            raise InputError(
                f'{self._name} is no classifier of daffnet: its metadata do '
                f'not say so ({PREFIX}version); make one with `daffnet '
                'export --out FILE.onnx`'
            )
        version = self._value('version')
        if version != VERSION:
            raise InputError(
                f'{self._name} has metadata of version {version!r}, and this '
                f'daffnet_lite reads version {VERSION}: export it again, or '
                'install the daffnet-mm that it was made with'
            )
        return ModelCard(
            self._classes(),
            self._attributes(),
            self._size(),
            self._reading(),
            self._steps(),
            self._mapping('normalisation'),
            self._temperatures(),
            self._part('review', ReviewRule.from_dict),
            self._part('laboratories', KnownLaboratories.from_dict),
            self._mapping('source'),
        )

    def _error(self, key: str, why: str) -> InputError:
        return InputError(
            f'{self._name} has metadata that cannot be used: {PREFIX}{key} '
            f'{why}; export it again'
        )

    def _value(self, key: str) -> Any:
        text = self._metadata.get(f'{PREFIX}{key}')
        if text is None:
            raise self._error(key, 'is missing')
        try:
            return json.loads(text, object_hook=_text_as_array)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._error(key, f'is no JSON ({error})') from error

    def _mapping(self, key: str) -> dict:
        value = self._value(key)
        if not isinstance(value, dict):
            raise self._error(key, f'is {value!r:.60}, but must be an object')
        return value

    def _classes(self) -> tuple[str, ...]:
        value = self._value('classes')
        if not _are_names(value, 1):
            raise self._error('classes', 'must be different names')
        return tuple(value)

    def _attributes(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for name, values in self._mapping('attributes').items():
            if not _are_names(values, 2):
                raise self._error(
                    'attributes', f'must name two or more values of {name}'
                )
            found[name] = tuple(values)
        return found

    def _size(self) -> tuple[int, int]:
        value = self._value('size')
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(
                _is_whole(side) and 0 < side < MOST_PIXELS for side in value
            )
        ):
            raise self._error('size', 'must be a height and a width in pixels')
        return value[0], value[1]

    def _reading(self) -> Reading:
        value = self._mapping('reading')
        if set(value) != set(Reading._fields):
            raise self._error(
                'reading', f'must have {", ".join(Reading._fields)}'
            )
        margin = value.pop('margin')
        for key, number in value.items():
            if number is not None and (not _is_whole(number) or number < 1):
                raise self._error(
                    'reading', f'has {key}={number!r}, no number above 0'
                )
        if not isinstance(margin, float) or not 0 <= margin < 10:
            raise self._error('reading', f'has margin={margin!r}, no share')
        return Reading(**value, margin=margin)

    def _steps(self) -> list[dict]:
        value = self._value('steps')
        try:
            build_steps(value)
        except InputError as error:
            raise self._error('steps', f'cannot be run ({error})') from error
        return value

    def _temperatures(self) -> dict[str, float]:
        value = self._mapping('temperatures')
        for name, number in value.items():
            if not isinstance(number, float) or not 0 < number < np.inf:
                raise self._error('temperatures', f'has {number!r} for {name}')
        return value

    def _part(self, key: str, read: Callable[[Any], Part]) -> Part | None:
        """Read what a file may have, as files of before it have it not."""
        if key in OPTIONAL and f'{PREFIX}{key}' not in self._metadata:
            return None
        value = self._value(key)
        if value is None:
            return None
        try:
            return read(value)
        except InputError as error:
            raise self._error(key, f'cannot be used ({error})') from error


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_names(value: Any, least: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= least
        and all(isinstance(name, str) and name for name in value)
        and len(set(value)) == len(value)
    )


def _array_as_text(value: Any) -> dict:
    """Write an array, bit by bit: an open set has fifty thousand numbers."""
    array = np.asarray(value, '<f4')
    text = base64.b64encode(array.tobytes()).decode()
    return dict(float32=text, shape=array.shape)


def _text_as_array(value: dict) -> Any:
    if set(value) != {'float32', 'shape'}:
        return value
    content = base64.b64decode(value['float32'], validate=True)
    return np.frombuffer(content, '<f4').reshape(value['shape'])
