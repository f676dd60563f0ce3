"""What the transforms of 8-bit colour images share."""

import inspect
from abc import abstractmethod

import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness

from daffnet_lite.errors import InputError


class ColourTransform(BaseTransform):
    """Base of the transforms that work on 8-bit colour.

    Each argument of a transform is an attribute of the same name.
    """

    def image(self, results: dict) -> np.ndarray:
        """Get a sample's image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            np.ndarray: BGR, uint8, of shape (H, W, 3).

        Raises:
            InputError: If the image is of another kind.
        """
        img = results['img']
        if img.dtype != np.uint8 or img.ndim != 3 or img.shape[2] != 3:
            raise InputError(
                f'{type(self).__name__} takes 8-bit colour images, not '
                f'{img.dtype} of shape {img.shape}: put it after '
                'LoadCellImage and before any normalisation'
            )
        return img

    def __repr__(self) -> str:
        names = inspect.signature(type(self)).parameters
        arguments = ', '.join(f'{n}={getattr(self, n)!r}' for n in names)
        return f'{type(self).__name__}({arguments})'


class RandomChange(ColourTransform):
    """Base of the transforms that draw how they change an image.

    Args:
        prob (float): Share of the images that are changed.
    """

    def __init__(self, prob: float) -> None:
        self.prob = prob

    @abstractmethod
    def draw(self) -> tuple:
        """Draw a change, from NumPy's global generator."""

    @abstractmethod
    def change(self, img: np.ndarray, *drawn) -> np.ndarray:
        """Change an image as drawn; it gives a new one."""

    @cache_randomness
    def _draw_or_pass(self) -> tuple | None:
        return self.draw() if np.random.rand() < self.prob else None

    def transform(self, results: dict) -> dict:
        """Change one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the changed image.
        """
        img = self.image(results)
        drawn = self._draw_or_pass()
        if drawn is not None:
            results['img'] = self.change(img, *drawn)
        return results


class RandomPower(RandomChange):
    """Base of the transforms that raise values to a random power.

    Args:
        strength (float): The logarithm of the power is drawn from
            ``-strength`` to ``strength``.
        channel_strength (float): In the same way, each channel's own part of
            the power.
        prob (float): Share of the images that are changed.

    Raises:
        InputError: If a strength is below 0.
    """

    def __init__(
        self, strength: float, channel_strength: float, prob: float
    ) -> None:
        both = dict(strength=strength, channel_strength=channel_strength)
        for name, value in both.items():
            if value < 0:
                raise InputError(
                    f'{type(self).__name__}: {name}={value} must not be '
                    'below 0'
                )
        self.strength = strength
        self.channel_strength = channel_strength
        super().__init__(prob)

    def draw(self) -> tuple[float | np.ndarray]:
        """Draw the power, one for all channels or one for each."""
        logarithm: float | np.ndarray = np.random.uniform(
            -self.strength, self.strength
        )
        if self.channel_strength:
            logarithm = logarithm + np.random.uniform(
                -self.channel_strength, self.channel_strength, 3
            )
        return (np.exp(logarithm),)
