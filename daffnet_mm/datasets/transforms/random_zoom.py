import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError


@TRANSFORMS.register_module()
class RandomZoom(BaseTransform):
    """Enlarge an image about its centre, and turn it.

    Laboratories crop cells more or less tightly and photograph them at
    different magnifications. ``RandomResizedCrop`` varies the size too, but
    also the place: a tight crop beside the centre loses the cell.

    The image keeps its size, so what is enlarged is seen less sharp; give it
    an image larger than the model's input, and reduce that afterwards. Beyond
    the border the image is mirrored.

    **Required Keys:**

    - img

    **Modified Keys:**

    - img

    Args:
        zoom (tuple[float, float]): Range of the factor, of which the
            logarithm is drawn evenly; below 1 the image shrinks. Defaults to
            ``(1., 2.)``.
        angle (float): Angles are drawn from ``-angle`` to ``angle``, in
            degrees. Defaults to 180.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(
        self,
        zoom: tuple[float, float] = (1.0, 2.0),
        angle: float = 180.0,
        prob: float = 1.0,
    ) -> None:
        low, high = zoom
        if not 0 < low <= high:
            raise InputError(
                f'RandomZoom: zoom={tuple(zoom)} must be a range '
                'of factors above 0'
            )
        if not 0 <= angle <= 180:
            raise InputError(
                f'RandomZoom: angle={angle} must lie between 0 and 180 degrees'
            )
        self.zoom = (low, high)
        self.angle = angle
        self.prob = prob

    @cache_randomness
    def _random_change(self) -> tuple[float, float] | None:
        if np.random.rand() >= self.prob:
            return None
        return (
            np.random.uniform(-self.angle, self.angle),
            float(np.exp(np.random.uniform(*np.log(self.zoom)))),
        )

    def transform(self, results: dict) -> dict:
        """Enlarge and turn one image.

        Args:
            results (dict): The sample, with ``img`` of shape (H, W, C).

        Returns:
            dict: The sample with the changed image.
        """
        change = self._random_change()
        if change is not None:
            height, width = results['img'].shape[:2]
            centre = ((width - 1) / 2, (height - 1) / 2)
            results['img'] = cv2.warpAffine(
                results['img'],
                cv2.getRotationMatrix2D(centre, *change),
                (width, height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT_101,
            )
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(zoom={self.zoom}, '
            f'angle={self.angle}, prob={self.prob})'
        )
