import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

from .bgr_image import bgr_image


@TRANSFORMS.register_module()
class RandomJPEG(BaseTransform):
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
        self.prob = prob

    @cache_randomness
    def _random_quality(self) -> int | None:
        if np.random.rand() >= self.prob:
            return None
        return np.random.randint(self.quality[0], self.quality[1] + 1)

    def transform(self, results: dict) -> dict:
        """Compress one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the compressed image.
        """
        img = bgr_image(results, self)
        quality = self._random_quality()
        if quality is not None:
            _, coded = cv2.imencode(
                '.jpg', img, [cv2.IMWRITE_JPEG_QUALITY, quality]
            )
            results['img'] = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(quality={self.quality}, prob={self.prob})'
        )
