from collections.abc import Mapping
from os import PathLike
from typing import Any

from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import Profile

from .apply_profile import ApplyProfile
from .colour_transform import ColourTransform


@TRANSFORMS.register_module()
class ApplyProfiles(ColourTransform):
    """Make images of several laboratories look as if they were from home.

    For a training on cells of several laboratories, each of which has a
    profile of its own. It is an :class:`ApplyProfile` for each of them.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)
    - image_id: begins with the name of the laboratory's release, such as
      ``RaabinWBC/``; the datasets of this package give it
    - ori_shape (optional): as for :class:`ApplyProfile`

    **Modified Keys:**

    - img
    - img_shape

    Args:
        profiles (Mapping[str, str | Path | Profile]): The profile, or the
            file with it, of each release. A file is read when the first
            image of its release comes, so that a config can be looked at
            where its data are not.
        **settings: Arguments of :class:`ApplyProfile`, the same for all.
    """

    def __init__(
        self,
        profiles: Mapping[str, str | PathLike[str] | Profile],
        **settings: Any,
    ) -> None:
        self.profiles = dict(profiles)
        self.settings = settings
        self._steps: dict[str, ApplyProfile] = {}

    def transform(self, results: dict) -> dict:
        """Adjust one image by the profile of its laboratory.

        Args:
            results (dict): The sample, with ``img`` and ``image_id``.

        Returns:
            dict: The sample, framed and in home's colours.

        Raises:
            InputError: If the image is not 8-bit BGR, or its laboratory has
                no profile that can be read.
        """
        image = results.get('image_id', '')
        name = image.partition('/')[0]
        if name not in self.profiles:
            raise InputError(
                f'ApplyProfiles has profiles of {", ".join(self.profiles)}, '
                f'but none of {name or "an image without image_id"}: make one '
                'with `daffnet profile`, and name it in the config'
            )
        if name not in self._steps:
            self._steps[name] = ApplyProfile(
                self.profiles[name], **self.settings
            )
        return self._steps[name].transform(results)
