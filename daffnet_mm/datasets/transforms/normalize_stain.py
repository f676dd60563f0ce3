from collections.abc import Sequence

import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import ColourTransform


@TRANSFORMS.register_module()
class NormalizeStain(ColourTransform):
    """Give an image the colour statistics of a reference laboratory.

    Reinhard's transfer (Reinhard et al. 2001, IEEE Computer Graphics and
    Applications 21(5)) in CIE LAB: each channel is shifted and stretched so
    that its mean and standard deviation are the reference's. The statistics
    are of the whole image, so crops should show cells at similar sizes.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        mean (Sequence[float]): The reference's mean of L (0 to 100), a and b.
            Defaults to that of PBC (mean over 512 images of all classes).
        std (Sequence[float]): The reference's standard deviations. Defaults
            to PBC's.
    """

    def __init__(
        self,
        mean: Sequence[float] = (79.1, 11.1, 7.1),
        std: Sequence[float] = (15.7, 9.3, 14.3),
    ) -> None:
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise InputError(
                f'NormalizeStain: mean={tuple(mean)} and std='
                f'{tuple(std)} must be three numbers each, for '
                'L, a and b, the latter above 0'
            )
        self.mean = tuple(float(v) for v in mean)
        self.std = tuple(float(v) for v in std)

    def transform(self, results: dict) -> dict:
        """Normalise one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the normalised image.
        """
        img = self.image(results)
        lab = cv2.cvtColor(img.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
        mean, std = (v.ravel() for v in cv2.meanStdDev(lab))
        # A channel without any variation has nothing to stretch.
        factors = np.where(
            std > 1e-3, np.array(self.std) / np.maximum(std, 1e-3), 1.0
        )
        shifts = np.array(self.mean) - factors * mean
        matrix = np.column_stack([np.diag(factors), shifts])
        lab = cv2.transform(lab, matrix.astype(np.float32))
        bgr = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
        np.clip(bgr, 0, 1, out=bgr)
        results['img'] = cv2.convertScaleAbs(bgr, alpha=255.0)
        return results
