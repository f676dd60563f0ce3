from os import PathLike

import numpy as np
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.profiles import (
    Adjustment,
    Profile,
    home_profile,
    read_profile,
)

from .colour_transform import ColourTransform
from .frame_cell import FrameCell


@TRANSFORMS.register_module()
class ApplyProfile(ColourTransform):
    """Make a laboratory's images look as if they were from home.

    It takes the place of :class:`FrameCell` in a pipeline. With a profile
    that knows the laboratory's scale, all images are cut about their middle
    to one view, in which red cells are as large as in home's images cut by
    ``share``; an image that is smaller than the view stays whole. Without, it
    frames image by image, as :class:`FrameCell` does. Colours are mapped to
    home's where the profile's are to be trusted, see
    :class:`~daffnet_mm.profiles.adjustment.Adjustment`.

    A model whose test pipeline has this step takes the profile that
    :class:`~daffnet_mm.apis.WBCInferencer` is given or estimates.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)
    - ori_shape (optional): height and width in the file, by which the
      profile's pixels are counted; that of ``img`` where it is missing

    **Modified Keys:**

    - img
    - img_shape

    Args:
        profile (str | Path | Profile, optional): The laboratory's, or the
            file with it. Defaults to None: none is known.
        home (str | Path | Profile, optional): That of the laboratory that the
            model is trained in. Defaults to None: PBC's, which comes with the
            package.
        share (float): As for :class:`FrameCell`, of home's images. Defaults
            to 0.66.
        tight (float): As for :class:`FrameCell`. Defaults to 0.4.
        scale (bool): Whether the profile's scale is used. Defaults to True.
        colours (str): What becomes of the colours: ``'trusted'``, mapped
            where that promises to help; ``'diagonal'`` or ``'full'``, mapped
            in any case, each channel by itself or by a 3x3 matrix, for
            trainings whose images all are; or ``'left'``. Defaults to
            ``'trusted'``.
    """

    def __init__(
        self,
        profile: str | PathLike[str] | Profile | None = None,
        home: str | PathLike[str] | Profile | None = None,
        share: float = 0.66,
        tight: float = 0.4,
        scale: bool = True,
        colours: str = 'trusted',
    ) -> None:
        self.profile = profile
        self.home = home
        self.share = share
        self.tight = tight
        self.scale = scale
        self.colours = colours
        self._frame_cell = FrameCell(share, tight)
        #: What the profile has done; None without one.
        self.adjustment: Adjustment | None = None
        if profile is not None:
            self.adjustment = Adjustment(
                _loaded(profile),
                home_profile() if home is None else _loaded(home),
                scale,
                colours,
            )

    def transform(self, results: dict) -> dict:
        """Adjust one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample, framed and in home's colours.

        Raises:
            InputError: If the image is not 8-bit BGR.
        """
        img = self.image(results)
        view = self.adjustment and self.adjustment.view(self.share)
        if view is None:
            results = self._frame_cell.transform(results)
        else:
            # Large files are decoded at reduced scale.
            height = results.get('ori_shape', img.shape)[0]
            results['img'] = _middle(img, view * img.shape[0] / height)
            results['img_shape'] = results['img'].shape[:2]
        if self.adjustment and self.adjustment.colour_map:
            results['img'] = self.adjustment.colour_map(results['img'])
        return results


def _loaded(profile: str | PathLike[str] | Profile) -> Profile:
    return profile if isinstance(profile, Profile) else read_profile(profile)


def _middle(img: np.ndarray, side: float) -> np.ndarray:
    height, width = img.shape[:2]
    side = max(1, round(side))
    y, x = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return np.ascontiguousarray(img[y : y + side, x : x + side])
