import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomGaussianNoise(RandomChange):
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
        super().__init__(prob)

    def draw(self) -> tuple[float, int]:
        """Draw the standard deviation, and the seed of the noise.

        The seed is that of a faster generator than NumPy's global one, which
        the data loader's workers seed.
        """
        return np.random.uniform(*self.std), np.random.randint(2**31)

    def change(self, img: np.ndarray, std: float, seed: int) -> np.ndarray:
        """Add the noise."""
        noise = np.random.default_rng(seed).standard_normal(
            img.shape, np.float32
        )
        noisy = cv2.scaleAdd(noise, std, img.astype(np.float32))
        return noisy.round().clip(0, 255).astype(np.uint8)
