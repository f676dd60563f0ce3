import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from .colour_transform import RandomPower


@TRANSFORMS.register_module()
class RandomGamma(RandomPower):
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
        channel_strength (float): In the same way, each channel's own part of
            the power, as where a camera's channels have different curves: 0.2
            turns purple nuclei bluer or redder, and leaves white white.
            Defaults to 0.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(
        self,
        strength: float = 0.3,
        channel_strength: float = 0.0,
        prob: float = 1.0,
    ) -> None:
        super().__init__(strength, channel_strength, prob)

    def change(
        self, img: np.ndarray, powers: float | np.ndarray
    ) -> np.ndarray:
        """Raise the values to a power."""
        values = np.arange(256)[:, None] / 255
        table = np.rint(255 * np.broadcast_to(values, (256, 3)) ** powers)
        return cv2.LUT(img, table.astype(np.uint8)[None])
