import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from .colour_transform import RandomPower

#: What is brighter than this share of the pixels is taken for background, and
#: what is darker than that for the darkest.
_BACKGROUND, _DARKEST = 80, 5
#: What is added to densities, as shares of the nucleus's: of what pixels of
#: the background differ by, powers below 1 would make clouds.
_FOOT = 0.05


@TRANSFORMS.register_module()
class RandomStainCurve(RandomPower):
    """Stain a cell's pale parts deeper, or paler, beside its dark ones.

    Each channel's optical density, over the background's and as a share of
    the nucleus's, is raised to a random power, so that these two stay as they
    are, and the cytoplasm comes nearer to the one or the other. Laboratories
    differ by this: in one a neutrophil's cytoplasm is nearly as dark as an
    eosinophil's is in another. A gamma, or a dye's factor, does not: it
    multiplies the densities of nucleus and cytoplasm alike.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        strength (float): The logarithm of the power is drawn from
            ``-strength`` to ``strength``: 0.7 gives powers from 0.5 to 2,
            deeper as often as paler. Defaults to 0.7.
        channel_strength (float): In the same way, each channel's own part of
            the power, by which the cytoplasm takes another colour than the
            nucleus does. Defaults to 0.
        prob (float): Share of the images that are changed. Defaults to 0.5.

    Raises:
        InputError: If a strength is below 0.
    """

    def __init__(
        self,
        strength: float = 0.7,
        channel_strength: float = 0.0,
        prob: float = 0.5,
    ) -> None:
        super().__init__(strength, channel_strength, prob)

    def change(
        self, img: np.ndarray, powers: float | np.ndarray
    ) -> np.ndarray:
        """Bend the densities between background and nucleus."""
        brightness = img.mean(axis=2)
        dark, bright = np.percentile(brightness, (_DARKEST, _BACKGROUND))
        background = np.median(img[brightness >= bright], axis=0) + 1
        nucleus = np.median(img[brightness <= dark], axis=0) + 1
        if not (nucleus < background).all():
            # There is no cell.
            return img.copy()
        values = np.arange(1, 257)[:, None]
        density = np.log(background / values) / np.log(background / nucleus)
        raised = np.maximum(density, 0) + _FOOT
        bent = (raised**powers - _FOOT**powers) / (
            (1 + _FOOT) ** powers - _FOOT**powers
        )
        # What is brighter than the background stays.
        bent = np.where(density > 0, bent, density)
        table = background * (nucleus / background) ** bent - 1
        return cv2.LUT(img, table.round().clip(0, 255).astype(np.uint8)[None])
