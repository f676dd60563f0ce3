import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomZoom(RandomChange):
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
        super().__init__(prob)

    def image(self, results: dict) -> np.ndarray:
        """Get a sample's image, of any kind."""
        return results['img']

    def draw(self) -> tuple[float, float]:
        """Draw the angle in degrees, and the factor."""
        return (
            np.random.uniform(-self.angle, self.angle),
            float(np.exp(np.random.uniform(*np.log(self.zoom)))),
        )

    def change(
        self, img: np.ndarray, angle: float, factor: float
    ) -> np.ndarray:
        """Enlarge and turn."""
        height, width = img.shape[:2]
        centre = ((width - 1) / 2, (height - 1) / 2)
        return cv2.warpAffine(
            img,
            cv2.getRotationMatrix2D(centre, angle, factor),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
