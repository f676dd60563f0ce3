import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import ColourTransform


@TRANSFORMS.register_module()
class NormalizeBackground(ColourTransform):
    """Scale each channel so that the bright background is white.

    Where nothing is on the slide, the light passes unchanged: its colour is
    the lamp's and the camera's, not the cell's, and dividing by it leaves the
    transmission (von Kries' colour constancy with a white patch). The
    background is taken to be each channel's value that a given percentage of
    the pixels does not exceed.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        percentile (float): Percentage of the pixels that are not brighter
            than the background. Defaults to 95.
        white (float): What the background becomes. Defaults to 255.
        max_gain (float): No channel is scaled by more, so that an image
            without background is not turned to noise. Defaults to 2.
    """

    def __init__(
        self,
        percentile: float = 95.0,
        white: float = 255.0,
        max_gain: float = 2.0,
    ) -> None:
        if not 0 < percentile <= 100:
            raise InputError(
                f'NormalizeBackground: percentile={percentile} '
                'must be above 0 and at most 100'
            )
        if not 0 < white <= 255 or max_gain <= 0:
            raise InputError(
                f'NormalizeBackground: white={white} must be above 0 and at '
                f'most 255, max_gain={max_gain} above 0'
            )
        self.percentile = percentile
        self.white = white
        self.max_gain = max_gain

    def background(self, img: np.ndarray) -> np.ndarray:
        """Find the colour of the background.

        Args:
            img (np.ndarray): BGR, uint8, of shape (H, W, 3).

        Returns:
            np.ndarray: Three values, B, G and R.
        """
        wanted = self.percentile / 100 * img.shape[0] * img.shape[1]
        counts = np.column_stack(
            [cv2.calcHist([img], [c], None, [256], (0, 256)) for c in range(3)]
        )
        return (counts.cumsum(axis=0, dtype=np.float64) < wanted).sum(axis=0)

    def transform(self, results: dict) -> dict:
        """Normalise one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the normalised image.
        """
        img = self.image(results)
        gains = np.minimum(
            self.white / np.maximum(self.background(img), 1), self.max_gain
        )
        table = np.rint(np.arange(256)[:, None] * gains)
        results['img'] = cv2.LUT(
            img, np.minimum(table, 255).astype(np.uint8)[None]
        )
        return results
