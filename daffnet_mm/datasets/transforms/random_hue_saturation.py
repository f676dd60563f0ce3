import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange

#: From BGR to luma and two colour differences (ITU-R BT.601).
_FORWARD = np.array(
    [
        [0.114, 0.587, 0.299],
        [0.5, -0.587 / 1.772, -0.299 / 1.772],
        [-0.114 / 1.402, -0.587 / 1.402, 0.5],
    ]
)
_BACK = np.linalg.inv(_FORWARD)


@TRANSFORMS.register_module()
class RandomHueSaturation(RandomChange):
    """Turn and stretch the colours of an image, at the same luma.

    The two colour differences of a pixel are a vector: its angle is the hue,
    its length the saturation. All vectors are turned by one random angle and
    multiplied by one random factor, which is a single matrix. MMPretrain's
    ``ColorJitter`` does the same in HSV, where pixels of hardly any colour
    change most; its hue does not work with NumPy 2.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        hue (float): Angles are drawn from ``-hue`` to ``hue``, in turns: 0.1
            is 36 degrees. Defaults to 0.05.
        saturation (float): Factors are drawn from ``1 - saturation`` to
            ``1 + saturation``. Defaults to 0.4.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(
        self, hue: float = 0.05, saturation: float = 0.4, prob: float = 1.0
    ) -> None:
        if not 0 <= hue <= 0.5 or not 0 <= saturation <= 1:
            raise InputError(
                f'RandomHueSaturation: hue={hue} must lie between 0 and 0.5, '
                f'saturation={saturation} between 0 and 1'
            )
        self.hue = hue
        self.saturation = saturation
        super().__init__(prob)

    def draw(self) -> tuple[float, float]:
        """Draw the angle in turns, and the factor of the saturation."""
        return (
            np.random.uniform(-self.hue, self.hue),
            np.random.uniform(1 - self.saturation, 1 + self.saturation),
        )

    def change(
        self, img: np.ndarray, turn: float, factor: float
    ) -> np.ndarray:
        """Turn and stretch the colours."""
        cosine = factor * np.cos(2 * np.pi * turn)
        sine = factor * np.sin(2 * np.pi * turn)
        change = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
        # OpenCV rounds and cuts at 0 and 255.
        return cv2.transform(img, _BACK @ change @ _FORWARD)
