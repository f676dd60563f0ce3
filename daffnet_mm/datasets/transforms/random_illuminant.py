import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

from .bgr_image import bgr_image


@TRANSFORMS.register_module()
class RandomIlluminant(BaseTransform):
    """Photograph an image under another lamp, with another white balance.

    Each channel is multiplied by a random gain of its own, as von Kries'
    model of illumination has it; what exceeds white is white. Laboratories
    differ in it: the same empty background is white, grey, yellow or pink.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        gain (float): Gains are drawn from ``1 - gain`` to ``1 + gain``.
            Defaults to 0.3.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(self, gain: float = 0.3, prob: float = 1.0) -> None:
        if not 0 <= gain < 1:
            raise InputError(
                f'RandomIlluminant: gain={gain} must be at least 0 and below 1'
            )
        self.gain = gain
        self.prob = prob

    @cache_randomness
    def _random_gains(self) -> np.ndarray | None:
        if np.random.rand() >= self.prob:
            return None
        return np.random.uniform(1 - self.gain, 1 + self.gain, 3)

    def transform(self, results: dict) -> dict:
        """Light one image anew.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the changed image.
        """
        img = bgr_image(results, self)
        gains = self._random_gains()
        if gains is not None:
            table = np.rint(np.arange(256)[:, None] * gains)
            results['img'] = cv2.LUT(
                img, np.minimum(table, 255).astype(np.uint8)[None]
            )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(gain={self.gain}, prob={self.prob})'
