import numpy as np

from daffnet_lite.profiles import Adjustment, Profile, home_profile

from .cell_frame import CellFrame
from .windows import middle_square


class ProfiledFrame:
    """Make a laboratory's images look as if they were from home.

    With a profile that knows the laboratory's scale, all images are cut about
    their middle to one view, in which red cells are as large as in home's
    images cut by ``share``; an image that is smaller than the view stays
    whole. Without, each is framed by itself, by :class:`CellFrame`. Colours
    are mapped to home's where the profile's are to be trusted, and cytoplasm
    that is stained deeper than home's is made paler, see
    :class:`~daffnet_lite.profiles.adjustment.Adjustment`.

    Args:
        profile (Profile, optional): The laboratory's. Defaults to None: none
            is known.
        home (Profile, optional): That of the laboratory that the model is
            trained in. Defaults to None: PBC's, which comes with the package.
        share (float): As for :class:`CellFrame`, of home's images. Defaults
            to 0.66.
        tight (float): As for :class:`CellFrame`. Defaults to 0.4.
        scale (bool): Whether the profile's scale is used. Defaults to True.
        colours (str): As for :class:`Adjustment`. Defaults to ``'trusted'``.
        cytoplasm (bool): The same. Defaults to True.

    Raises:
        InputError: If a setting is none of those that there are.
    """

    def __init__(
        self,
        profile: Profile | None = None,
        home: Profile | None = None,
        share: float = 0.66,
        tight: float = 0.4,
        scale: bool = True,
        colours: str = 'trusted',
        cytoplasm: bool = True,
    ) -> None:
        self._cell_frame = CellFrame(share, tight)
        #: What the profile does; None without one.
        self.adjustment: Adjustment | None = None
        #: Pixels of the file that images are cut to; None: each by itself.
        self.view: float | None = None
        if profile is not None:
            self.adjustment = Adjustment(
                profile, home or home_profile(), scale, colours, cytoplasm
            )
            self.view = self.adjustment.view(share)

    def __call__(
        self, img: np.ndarray, height: int | None = None
    ) -> np.ndarray:
        """Adjust one image.

        Args:
            img (np.ndarray): BGR, uint8, of shape (H, W, 3).
            height (int, optional): That of the image in its file, by whose
                pixels a profile counts, where it was decoded at reduced
                scale. Defaults to None: H.

        Returns:
            np.ndarray: The image, framed, in home's colours and stain.
        """
        if self.view is None:
            img = self._cell_frame(img)
        else:
            side = self.view * len(img) / (height or len(img))
            img = middle_square(img, side)
        if self.adjustment and self.adjustment.colour_map:
            img = self.adjustment.colour_map(img)
        if self.adjustment and self.adjustment.stain_curve:
            img = self.adjustment.stain_curve(img)
        return img
