from math import ceil

import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomGaussianNoise(RandomChange):
    """Add a camera's noise, or a grain, to an image.

    Every pixel and channel gets its own normal value, unless told otherwise:
    enlarged images, and cameras that smooth what they see, have coarse grains,
    which a network may take for a cell's granules. A range of one value makes
    a test of robustness.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        std (tuple[float, float]): Range of the standard deviation, in grey
            levels of 0 to 255. Defaults to ``(0., 8.)``.
        prob (float): Share of the images that are changed. Defaults to 0.5.
        grain (tuple[float, float]): Range of how many pixels a grain is wide,
            small ones as often as large ones. Defaults to ``(1., 1.)``: a
            pixel.
        grey (float): Share of the changed images whose channels all get the
            same. Defaults to 0.

    Raises:
        InputError: If these are no such ranges and shares.
    """

    def __init__(
        self,
        std: tuple[float, float] = (0.0, 8.0),
        prob: float = 0.5,
        grain: tuple[float, float] = (1.0, 1.0),
        grey: float = 0.0,
    ) -> None:
        low, high = std
        if not 0 <= low <= high:
            raise InputError(
                f'RandomGaussianNoise: std={tuple(std)} must be '
                'a range of grey levels not below 0'
            )
        self.std = (low, high)
        low, high = grain
        if not 1 <= low <= high:
            raise InputError(
                f'RandomGaussianNoise: grain={tuple(grain)} must be '
                'a range of pixels not below 1'
            )
        self.grain = (low, high)
        if not 0 <= grey <= 1:
            raise InputError(
                f'RandomGaussianNoise: grey={grey} must be a share of 0 to 1'
            )
        self.grey = grey
        super().__init__(prob)

    def draw(self) -> tuple[float, int]:
        """Draw the standard deviation, and the seed of the noise.

        The seed is that of a faster generator than NumPy's global one, which
        the data loader's workers seed.
        """
        return np.random.uniform(*self.std), np.random.randint(2**31)

    def change(self, img: np.ndarray, std: float, seed: int) -> np.ndarray:
        """Add the noise."""
        rng = np.random.default_rng(seed)
        height, width = img.shape[:2]
        grain = np.exp(rng.uniform(*np.log(self.grain)))
        same = rng.random() < self.grey
        noise: np.ndarray = rng.standard_normal(
            (ceil(height / grain), ceil(width / grain), 1 if same else 3),
            np.float32,
        )
        if grain > 1:
            noise = cv2.resize(
                noise, (width, height), interpolation=cv2.INTER_CUBIC
            )
            # What lies between the values is nearer to 0 than they are.
            noise = noise.reshape(height, width, -1) / noise.std()
        noisy = img.astype(np.float32) + np.float32(std) * noise
        return noisy.round().clip(0, 255).astype(np.uint8)
