import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomIlluminant(RandomChange):
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
        super().__init__(prob)

    def draw(self) -> tuple[np.ndarray]:
        """Draw the gains of the three channels."""
        return (np.random.uniform(1 - self.gain, 1 + self.gain, 3),)

    def change(self, img: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """Multiply the channels."""
        table = np.rint(np.arange(256)[:, None] * gains)
        return cv2.LUT(img, np.minimum(table, 255).astype(np.uint8)[None])
