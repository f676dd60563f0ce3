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
