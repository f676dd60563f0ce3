import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomQuarterTurn(BaseTransform):
    """Turn an image by 0, 90, 180 or 270 degrees, each equally likely.

    A cell on a slide has no upright position, and quarter turns resample
    nothing. Together with a flip they give all eight symmetries of a square.

    **Required Keys:**

    - img

    **Modified Keys:**

    - img
    - img_shape
    """

    @cache_randomness
    def _random_turns(self) -> int:
        return np.random.randint(4)

    def transform(self, results: dict) -> dict:
        """Turn one image.

        Args:
            results (dict): The sample, with ``img`` of shape (H, W, C).

        Returns:
            dict: The sample with the turned image.
        """
        turned = np.rot90(results['img'], self._random_turns())
        results['img'] = np.ascontiguousarray(turned)
        results['img_shape'] = results['img'].shape[:2]
        return results
