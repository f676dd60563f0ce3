from os import PathLike

from mmpretrain.registry import TRANSFORMS

from daffnet_lite.framing import ProfiledFrame
from daffnet_lite.profiles import Adjustment, Profile, read_profile

from .colour_transform import ColourTransform


@TRANSFORMS.register_module()
class ApplyProfile(ColourTransform):
    """Make a laboratory's images look as if they were from home.

    It is :class:`~daffnet_lite.framing.ProfiledFrame` as a step of a pipeline,
    where it takes the place of :class:`FrameCell`: scale, colours and the
    cytoplasm's depth become home's as far as the profile knows and is to be
    trusted.

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
        cytoplasm (bool): Whether cytoplasm that is stained deeper than home's
            is made paler. Defaults to True.
    """

    def __init__(
        self,
        profile: str | PathLike[str] | Profile | None = None,
        home: str | PathLike[str] | Profile | None = None,
        share: float = 0.66,
        tight: float = 0.4,
        scale: bool = True,
        colours: str = 'trusted',
        cytoplasm: bool = True,
    ) -> None:
        self.profile = profile
        self.home = home
        self.share = share
        self.tight = tight
        self.scale = scale
        self.colours = colours
        self.cytoplasm = cytoplasm
        self._frame = ProfiledFrame(
            None if profile is None else _loaded(profile),
            None if home is None else _loaded(home),
            share,
            tight,
            scale,
            colours,
            cytoplasm,
        )

    @property
    def adjustment(self) -> Adjustment | None:
        """Adjustment | None: What the profile does; None without one."""
        return self._frame.adjustment

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
        # Large files are decoded at reduced scale.
        height = results.get('ori_shape', img.shape)[0]
        results['img'] = self._frame(img, height)
        results['img_shape'] = results['img'].shape[:2]
        return results


def _loaded(profile: str | PathLike[str] | Profile) -> Profile:
    return profile if isinstance(profile, Profile) else read_profile(profile)
