import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

from .bgr_image import bgr_image


@TRANSFORMS.register_module()
class RandomFading(BaseTransform):
    """Make a stain paler or deeper.

    What a pixel lacks to white is multiplied by a random factor, the same for
    all channels. Nuclei are nearly black in one laboratory and light violet in
    another, by age of the dye, exposure and stray light; a network that has
    seen one takes how dark a nucleus is for a mark of its cell type.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        factor (tuple[float, float]): Range of the factor; below 1 the image
            fades. Defaults to ``(0.5, 1.1)``.
        prob (float): Share of the images that are changed. Defaults to 0.5.
    """

    def __init__(
        self, factor: tuple[float, float] = (0.5, 1.1), prob: float = 0.5
    ) -> None:
        low, high = factor
        if not 0 < low <= high:
            raise InputError(
                f'RandomFading: factor={tuple(factor)} must be a '
                'range of factors above 0'
            )
        self.factor = (low, high)
        self.prob = prob

    @cache_randomness
    def _random_factor(self) -> float | None:
        if np.random.rand() >= self.prob:
            return None
        return np.random.uniform(*self.factor)

    def transform(self, results: dict) -> dict:
        """Change one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the changed image.
        """
        img = bgr_image(results, self)
        factor = self._random_factor()
        if factor is not None:
            table = np.rint(255 - factor * (255 - np.arange(256)))
            results['img'] = cv2.LUT(
                img, np.clip(table, 0, 255).astype(np.uint8)
            )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(factor={self.factor}, prob={self.prob})'
