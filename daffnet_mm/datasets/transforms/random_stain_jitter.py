import cv2
import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange

#: What scikit-image puts in the place of 0 before it takes a logarithm.
_DARKEST = 1e-6


@TRANSFORMS.register_module()
class RandomStainJitter(RandomChange):
    """Vary how strongly each dye took, in the space of the dyes.

    Colour deconvolution (Ruifrok and Johnston 2001) separates an image into
    the amounts of its dyes; each amount is multiplied by a random factor and
    shifted by a random density, and the image is put together again
    (Tellez et al., Medical Image Analysis 2019, "HED transform"). Stain and
    scanner differ between laboratories more than anything else.

    The result is that of scikit-image's ``separate_stains`` and
    ``combine_stains`` (negative amounts count as 0), but the logarithms come
    from a table and both changes of space are one matrix each.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        scale (float): The factors are drawn from ``1 - scale`` to
            ``1 + scale``. Defaults to 0.15.
        shift (float): The shifts are drawn from ``-shift`` to ``shift``, in
            natural units of optical density: 0.05 is 5 percent of the light.
            Defaults to 0.03.
        stains (str): The dyes, as scikit-image abbreviates them: ``'hed'``
            (haematoxylin, eosin, DAB) as in the literature, or ``'bex'``
            (methyl blue, eosin and what is left: Giemsa), nearer to blood
            smears. Defaults to ``'hed'``.
        prob (float): Share of the images that are changed. Defaults to 1.
    """

    def __init__(
        self,
        scale: float = 0.15,
        shift: float = 0.03,
        stains: str = 'hed',
        prob: float = 1.0,
    ) -> None:
        # Here, for its import takes longer than that of all else above.
        from skimage import color

        known = sorted(
            name[:3]
            for name in color.__all__
            if len(name) == 12 and f'rgb_from_{name[:3]}' in color.__all__
        )
        if stains not in known:
            raise InputError(
                f'RandomStainJitter: stains={stains!r} must be '
                f'one of {", ".join(known)}'
            )
        if scale < 0 or shift < 0:
            raise InputError(
                f'RandomStainJitter: scale={scale} and shift='
                f'{shift} must not be below 0'
            )
        self.scale = scale
        self.shift = shift
        self.stains = stains
        super().__init__(prob)

        self._density = -np.log(
            np.maximum(np.arange(256) / 255, _DARKEST)
        ).astype(np.float32)
        # OpenCV's matrices act on columns, scikit-image's on rows; BGR turns
        # the order round.
        self._separate = np.ascontiguousarray(
            getattr(color, f'{stains}_from_rgb').T[:, ::-1], np.float32
        )
        self._combine = np.ascontiguousarray(
            getattr(color, f'rgb_from_{stains}').T[::-1], np.float32
        )

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw the factors and the shifts of the three dyes."""
        factors = np.random.uniform(1 - self.scale, 1 + self.scale, 3)
        return factors, np.random.uniform(-self.shift, self.shift, 3)

    def change(
        self, img: np.ndarray, factors: np.ndarray, shifts: np.ndarray
    ) -> np.ndarray:
        """Change the amounts of the dyes."""
        amounts = cv2.transform(cv2.LUT(img, self._density), self._separate)
        np.maximum(amounts, 0, out=amounts)
        # 255 exp(-density), with the factors, the shifts and 255 within the
        # matrix. What is brighter than white is white.
        matrix = np.empty((3, 4), np.float32)
        matrix[:, :3] = -self._combine * factors
        matrix[:, 3] = np.log(255) - self._combine @ shifts
        light = cv2.transform(amounts, matrix)
        np.minimum(light, np.log(255), out=light)
        return cv2.convertScaleAbs(cv2.exp(light, light))
