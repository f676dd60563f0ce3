import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomJPEG(RandomChange):
    """Compress an image as JPEG and take what is left of it.

    Laboratories store their images at different qualities. A range of one
    value makes a test of robustness.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        quality (tuple[int, int]): Range of the quality, 1 to 100, both ends
            included. Defaults to ``(40, 95)``.
        prob (float): Share of the images that are compressed. Defaults to
            0.5.
    """

    def __init__(
        self, quality: tuple[int, int] = (40, 95), prob: float = 0.5
    ) -> None:
        low, high = quality
        if not 1 <= low <= high <= 100:
            raise InputError(
                f'RandomJPEG: quality={tuple(quality)} must be '
                'a range within 1 to 100'
            )
        self.quality = (low, high)
        super().__init__(prob)

    def draw(self) -> tuple[int]:
        """Draw the quality."""
        return (np.random.randint(self.quality[0], self.quality[1] + 1),)

    def change(self, img: np.ndarray, quality: int) -> np.ndarray:
        """Compress, and read what was written."""
        _, coded = cv2.imencode(
            '.jpg', img, [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
