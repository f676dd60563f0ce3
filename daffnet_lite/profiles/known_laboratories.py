"""How sure a classifier may be in a laboratory that did not teach it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daffnet_lite.errors import InputError

from .adjustment import colour_distance
from .profile import Profile, parse_profile

#: A laboratory whose colours are as near to those of one that taught the
#: network is taken for it. Single types and most slides of PBC and Raabin-WBC
#: lie within, and the two are twice as far from each other.
NEAR = 0.3


@dataclass(frozen=True)
class KnownLaboratories:
    """The laboratories that taught a classifier, and a temperature elsewhere.

    A network is as sure of the cells of a laboratory that it never saw as of
    those at home, and is right less often. What makes up for that cannot be
    found at home: it is the temperature (Guo et al., ICML 2017) that a
    network of the same recipe needs in laboratories that were kept from it.

    Args:
        profiles (Mapping[str, Profile]): Those of the laboratories that
            taught it with enough cells to be sure of, each with colours, by
            name.
        temperature (float): Elsewhere, at least 1.

    Raises:
        InputError: If a profile has no colours, there is none, or the
            temperature is below 1.
    """

    profiles: Mapping[str, Profile]
    temperature: float

    def __post_init__(self) -> None:
        if not self.profiles:
            raise InputError('it names no laboratory that taught the network')
        for name, profile in self.profiles.items():
            if profile.colours is None:
                raise InputError(
                    f'the profile of {name} has no colours, by which the '
                    'laboratory could be known again'
                )
        if not 1 <= self.temperature < np.inf:
            raise InputError(
                f'its temperature is {self.temperature:g}, but must be 1 or '
                'more'
            )

    def temperature_of(self, here: Profile) -> tuple[float, str]:
        """Find out how sure the classifier may be in a laboratory.

        Args:
            here (Profile): The laboratory's.

        Returns:
            tuple[float, str]: By what logits are divided, 1 where the
            laboratory is known; and what is to be said of it, empty where
            there is nothing.
        """
        taught = ' or '.join(self.profiles)
        if here.colours is None:
            why = f'it is not known whether these are images of {taught}'
        else:
            colours = here.colours
            distances = {
                name: colour_distance(colours, profile.colours)
                for name, profile in self.profiles.items()
                if profile.colours is not None
            }
            nearest = min(distances, key=distances.__getitem__)
            if distances[nearest] <= NEAR:
                return 1.0, ''
            why = (
                f'these are not the colours of {taught} (off by '
                f'{distances[nearest]:.2f} from {nearest})'
            )
        return self.temperature, (
            f'{why}, where the network was taught and may be sure: the cell '
            "types' probabilities are lowered (temperature "
            f'{self.temperature:g})'
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return dict(
            temperature=self.temperature,
            profiles={name: p.to_dict() for name, p in self.profiles.items()},
        )

    @classmethod
    def from_dict(cls, values: Any) -> 'KnownLaboratories':
        """Make it of what :meth:`to_dict` gave.

        Args:
            values (Any): The dict.

        Raises:
            InputError: If it is no such dict.
        """
        if not isinstance(values, dict) or not isinstance(
            values.get('profiles'), dict
        ):
            raise InputError('it is no dict with profiles')
        temperature = values.get('temperature')
        if not isinstance(temperature, (int, float)):
            raise InputError(f'its temperature is {temperature!r:.40}')
        return cls(
            {
                str(name): parse_profile(content, f'the profile of {name}')
                for name, content in values['profiles'].items()
            },
            float(temperature),
        )


def scale_temperature(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Give the probabilities that logits divided by a temperature have.

    Args:
        scores (np.ndarray): Probabilities, shape (N, K).
        temperature (float): Above 0; above 1 makes a model less sure. Which
            value is the most probable stays.

    Returns:
        np.ndarray: Probabilities, of the same shape and dtype.
    """
    if temperature == 1:
        return scores
    # float32 has no smaller number than this
    powers = np.maximum(scores.astype(float), 1e-45) ** (1 / temperature)
    return (powers / powers.sum(1, keepdims=True)).astype(scores.dtype)
