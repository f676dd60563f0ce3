import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

from .bgr_image import bgr_image


@TRANSFORMS.register_module()
class RandomGamma(BaseTransform):
    """Give an image another camera's tone curve.

    Values between black (0) and white (1) are raised to a random power.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        strength (float): The logarithm of the power is drawn from
            ``-strength`` to ``strength``: 0.3 gives powers from 0.74 to 1.35,
            brighter as often as darker. Defaults to 0.3.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(self, strength: float = 0.3, prob: float = 1.) -> None:
        if strength < 0:
            raise InputError(
                f'RandomGamma: strength={strength} must not be below 0')
        self.strength = strength
        self.prob = prob

    @cache_randomness
    def _random_power(self) -> float | None:
        if np.random.rand() >= self.prob:
            return None
        return float(np.exp(np.random.uniform(-self.strength, self.strength)))

    def transform(self, results: dict) -> dict:
        """Change one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the changed image.
        """
        img = bgr_image(results, self)
        power = self._random_power()
        if power is not None:
            table = np.rint(255 * (np.arange(256) / 255)**power)
            results['img'] = cv2.LUT(img, table.astype(np.uint8))
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(strength={self.strength}, '
                f'prob={self.prob})')
