"""The steps from a read image to what an exported network takes."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.framing import (
    CellFrame,
    ProfiledFrame,
    centre_crop,
    resize_edge,
)
from daffnet_lite.profiles import Adjustment, Profile, parse_profile

#: No network takes images of so many pixels along a side.
MOST_PIXELS = 10_000
#: A step takes and gives a sample: ``img``, and ``ori_shape``, the height and
#: width in the file.
Step = Callable[[dict], dict]


class ApplyProfile:
    """:class:`~daffnet_lite.framing.ProfiledFrame` as a step.

    Args:
        share (float): As there.
        tight (float): As there.
        scale (bool): As there.
        colours (str): As there.
        cytoplasm (bool): As there.
        profile (Profile | dict, optional): As there; or its file's content.
            Defaults to None.
        home (dict, optional): The same.
    """

    def __init__(
        self,
        share: float,
        tight: float,
        scale: bool = True,
        colours: str = 'trusted',
        profile: Profile | dict | None = None,
        home: dict | None = None,
        cytoplasm: bool = True,
    ) -> None:
        self.share = share
        self._frame = ProfiledFrame(
            _parsed(profile),
            _parsed(home),
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

    def __call__(self, sample: dict) -> dict:
        """Frame an image, by the pixels of its file."""
        img = self._frame(sample['img'], sample['ori_shape'][0])
        return dict(sample, img=img)


def _frame_cell(share: float, tight: float) -> Step:
    return _of_pixels(CellFrame(share, tight))


def _resize_edge(scale: int) -> Step:
    _check_pixels(scale)
    return _of_pixels(lambda img: resize_edge(img, scale))


def _resize(width: int, height: int) -> Step:
    _check_pixels(width, height)
    return _of_pixels(
        lambda img: cv2.resize(
            img, (width, height), interpolation=cv2.INTER_LINEAR
        )
    )


def _centre_crop(height: int, width: int) -> Step:
    _check_pixels(width, height)
    return _of_pixels(lambda img: centre_crop(img, (height, width)))


def _check_pixels(*sides: int) -> None:
    for side in sides:
        if type(side) is not int or not 0 < side < MOST_PIXELS:
            raise ValueError(f'{side!r:.40} is no number of pixels')


def _of_pixels(change: Callable[[np.ndarray], np.ndarray]) -> Step:
    return lambda sample: dict(sample, img=change(sample['img']))


#: All steps, by the names of MMPretrain's transforms that do the same.
STEPS: dict[str, Callable[..., Any]] = {
    'ApplyProfile': ApplyProfile,
    'FrameCell': _frame_cell,
    'ResizeEdge': _resize_edge,
    'Resize': _resize,
    'CenterCrop': _centre_crop,
}


def build_step(step: dict[str, Any]) -> Step:
    """Build a step.

    Args:
        step (dict): Its ``type``, a key of ``STEPS``, and its settings.

    Returns:
        Callable: The step.

    Raises:
        InputError: If there is no such step, or it has not these settings.
    """
    kind = step.get('type') if isinstance(step, dict) else step
    if not isinstance(step, dict) or kind not in [*STEPS]:
        raise InputError(
            f'{kind!r:.40} is no step that is known here: {", ".join(STEPS)}'
        )
    settings = {name: v for name, v in step.items() if name != 'type'}
    build = STEPS[step['type']]
    try:
        inspect.signature(build).bind(**settings)
        return build(**settings)
    except (TypeError, ValueError) as error:
        raise InputError(f'{step["type"]}: {error}') from error


def build_steps(steps: Sequence[dict[str, Any]]) -> list[Step]:
    """Build steps.

    Args:
        steps (Sequence[dict]): As for :func:`build_step`.

    Returns:
        list[Callable]: The steps.

    Raises:
        InputError: As there; or if it is no list.
    """
    if not isinstance(steps, list):
        raise InputError('they are no list')
    return [build_step(step) for step in steps]


def chain(steps: Sequence[Step]) -> Step:
    """Take steps one after the other."""

    def run(sample: dict) -> dict:
        for step in steps:
            sample = step(sample)
        return sample

    return run


def network_size(steps: Sequence[dict[str, Any]]) -> tuple[int, int] | None:
    """Find out to what size steps bring every image.

    Args:
        steps (Sequence[dict]): As for :func:`build_steps`.

    Returns:
        tuple[int, int] | None: Height and width; None if they depend on the
        image.
    """
    run = chain(build_steps(list(steps)))
    # A wide image and a high one. Smaller ones are told of when they come.
    sizes = {
        run(dict(img=np.zeros((*shape, 3), np.uint8), ori_shape=shape))[
            'img'
        ].shape[:2]
        for shape in ((1000, 1500), (1500, 1000), (1201, 1100))
    }
    return sizes.pop() if len(sizes) == 1 else None


def _parsed(profile: Profile | dict | None) -> Profile | None:
    if profile is None or isinstance(profile, Profile):
        return profile
    return parse_profile(profile, 'the profile')
