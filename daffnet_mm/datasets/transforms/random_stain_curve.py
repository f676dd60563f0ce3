import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.profiles.stain_curve import StainCurve

from .colour_transform import RandomPower

#: What is brighter than this share of the pixels is taken for background, and
#: what is darker than that for the darkest.
_BACKGROUND, _DARKEST = 80, 5


@TRANSFORMS.register_module()
class RandomStainCurve(RandomPower):
    """Stain a cell's pale parts deeper, or paler, beside its dark ones.

    A :class:`~daffnet_lite.profiles.stain_curve.StainCurve` of a random power
    between the image's own background and nucleus. Laboratories differ by
    this: in one a neutrophil's cytoplasm is nearly as dark as an eosinophil's
    is in another.

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
        background = np.median(img[brightness >= bright], axis=0)
        nucleus = np.median(img[brightness <= dark], axis=0)
        if not (nucleus < background).all():
            # There is no cell.
            return img.copy()
        return StainCurve(background, nucleus, powers)(img)
