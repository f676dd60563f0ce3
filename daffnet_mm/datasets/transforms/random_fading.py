import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomFading(RandomChange):
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
        super().__init__(prob)

    def draw(self) -> tuple[float]:
        """Draw the factor."""
        return (np.random.uniform(*self.factor),)

    def change(self, img: np.ndarray, factor: float) -> np.ndarray:
        """Multiply what each pixel lacks to white."""
        table = np.rint(255 - factor * (255 - np.arange(256)))
        return cv2.LUT(img, np.clip(table, 0, 255).astype(np.uint8))
