import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

from .bgr_image import bgr_image


@TRANSFORMS.register_module()
class RandomGaussianNoise(BaseTransform):
    """Add a camera's noise to an image.

    Every pixel and channel gets its own normal value. A range of one value
    makes a test of robustness.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        std (tuple[float, float]): Range of the standard deviation, in grey
            levels of 0 to 255. Defaults to ``(0., 8.)``.
        prob (float): Share of the images that are changed. Defaults to 0.5.
    """

    def __init__(
        self, std: tuple[float, float] = (0.0, 8.0), prob: float = 0.5
    ) -> None:
        low, high = std
        if not 0 <= low <= high:
            raise InputError(
                f'RandomGaussianNoise: std={tuple(std)} must be '
                'a range of grey levels not below 0'
            )
        self.std = (low, high)
        self.prob = prob

    @cache_randomness
    def _random_std(self) -> tuple[float, int] | None:
        if np.random.rand() >= self.prob:
            return None
        # The seed of a faster generator than NumPy's global one, which the
        # data loader's workers seed.
        return np.random.uniform(*self.std), np.random.randint(2**31)

    def transform(self, results: dict) -> dict:
        """Add noise to one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the noisy image.
        """
        img = bgr_image(results, self)
        drawn = self._random_std()
        if drawn is not None:
            std, seed = drawn
            noise = np.random.default_rng(seed).standard_normal(
                img.shape, np.float32
            )
            results['img'] = (
                cv2.scaleAdd(noise, std, img.astype(np.float32))
                .round()
                .clip(0, 255)
                .astype(np.uint8)
            )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(std={self.std}, prob={self.prob})'
