"""A config's test pipeline, as the light runtime runs it."""

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from mmengine.config import Config
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.onnx import Reading
from daffnet_lite.profiles import Profile, read_profile
from daffnet_mm.errors import InputError
from daffnet_mm.utils.dataset_configs import pipeline_of_test

#: Those with which :class:`PackInputs` ends, which has no pixels to change.
_PACKING = ('PackInputs',)


def describe_reading(loader: Mapping) -> Reading:
    """Say how images are read.

    Args:
        loader (Mapping): The config of a pipeline's first step.

    Returns:
        Reading: What it says; what is usual where it says nothing.
    """
    return Reading(
        loader.get('min_edge'),
        loader.get('bit_depth'),
        loader.get('max_pixels'),
        float(loader.get('margin', 0.0)),
    )


def describe_steps(cfg: Config) -> list[dict[str, Any]]:
    """Say what is done to the pixels between reading and the network.

    Args:
        cfg (Config): The config. The first step of its test pipeline reads.

    Returns:
        list[dict]: A ``type`` and the settings of each step, defaults
        included; plain values.

    Raises:
        InputError: If the light runtime does not know a step, or one of its
            settings.
    """
    steps = []
    for step in pipeline_of_test(cfg)[1:]:
        kind = step['type']
        if kind in _PACKING:
            continue
        if kind not in _SETTINGS:
            raise InputError(
                f'the test pipeline of {cfg.filename} has a step {kind}, '
                'which the light runtime does not know; it knows '
                f'{", ".join(_SETTINGS)}: leave the step out, or put one of '
                'these in its place'
            )
        steps.append(
            dict(type=kind, **_SETTINGS[kind](TRANSFORMS.build(dict(step))))
        )
    return steps


def _framing(step: Any) -> dict:
    return dict(share=float(step.share), tight=float(step.tight))


def _profiled(step: Any) -> dict:
    return dict(
        _framing(step),
        scale=bool(step.scale),
        colours=step.colours,
        cytoplasm=bool(step.cytoplasm),
        profile=_as_values(step.profile),
        home=_as_values(step.home),
    )


def _resized_edge(step: Any) -> dict:
    _check(step, edge='short', backend='cv2', interpolation='bilinear')
    return dict(scale=int(step.scale))


def _resized(step: Any) -> dict:
    _check(step, keep_ratio=False, backend='cv2', interpolation='bilinear')
    if step.scale is None:
        raise InputError(
            f'the light runtime knows no Resize by a factor ({step}): give '
            'it a scale'
        )
    width, height = step.scale
    return dict(width=int(width), height=int(height))


def _centre_cropped(step: Any) -> dict:
    _check(step, auto_pad=False)
    width, height = step.crop_size  # in this order
    return dict(height=int(height), width=int(width))


#: What the light runtime is to know of a step, by its type.
_SETTINGS: dict[str, Callable[[Any], dict]] = {
    'ApplyProfile': _profiled,
    'FrameCell': _framing,
    'ResizeEdge': _resized_edge,
    'Resize': _resized,
    'CenterCrop': _centre_cropped,
}


def _check(step: Any, **wanted: Any) -> None:
    for name, value in wanted.items():
        found = getattr(step, name)
        if found != value:
            raise InputError(
                f'the light runtime knows {type(step).__name__} with '
                f'{name}={value!r} only, not {found!r}: change the step in '
                'test_dataloader.dataset.pipeline'
            )


def _as_values(
    profile: str | PathLike[str] | Profile | None,
) -> dict | None:
    if profile is None:
        return None
    if not isinstance(profile, Profile):
        profile = read_profile(profile)
    return profile.to_dict()
