"""The steps from a read image to what a model takes, for one laboratory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from os import PathLike
from typing import Any, NamedTuple

from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import (
    KnownLaboratories,
    Profile,
    estimate_profile,
    measure_file,
    read_profile,
)
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.profiles.measuring import Measurement

#: The type of the step that takes a profile.
PROFILED = 'ApplyProfile'
#: Calls with as many images are taken for a laboratory.
LEAST_IMAGES = 30
#: So many of them are looked at beforehand.
SAMPLE = 100


class Preparation(NamedTuple):
    """How the images of a call are prepared.

    Attributes:
        pipeline (Callable): The steps after reading.
        min_edge (int | None): Short edge that is enough for them.
        profile (Profile | None): The laboratory's, if one is applied.
        remarks (list[str]): What is to be said of it.
        held (dict[int, bytes]): What was fetched already, by its place.
        temperature (float): By what the logits of the cell types are divided.
    """

    pipeline: Callable
    min_edge: int | None
    profile: Profile | None
    remarks: list[str]
    held: dict[int, bytes]
    temperature: float = 1.0


class LaboratoryPipeline:
    """A test pipeline behind its first step, which takes a profile.

    Args:
        steps (Sequence[dict]): The steps: a ``type`` each, and settings. An
            ``ApplyProfile`` among them takes the profile.
        profile (str | Path | Profile, optional): ``'auto'``, ``'none'``, a
            profile or its file.
        build (Callable): Builds a step.
        chain (Callable): Makes one of several.
        min_edge (int, optional): Short edge that is enough without a profile.
            Defaults to None: all.
        bit_depth (int, optional): How images are read. Defaults to None.
        max_pixels (int, optional): How images are read. Defaults to None.
        laboratories (KnownLaboratories, optional): Those that taught the
            model. Defaults to None: it is as sure in all.

    Raises:
        InputError: If a profile is given, and no step takes it.
    """

    def __init__(
        self,
        steps: Sequence[dict],
        profile: str | PathLike[str] | Profile | None,
        build: Callable[[dict], Any],
        chain: Callable[[list], Callable],
        min_edge: int | None = None,
        bit_depth: int | None = None,
        max_pixels: int | None = None,
        laboratories: KnownLaboratories | None = None,
    ) -> None:
        self._steps = list(steps)
        self._build = build
        self._chain = chain
        self._min_edge = min_edge
        self._laboratories = laboratories
        self._reading = dict(bit_depth=bit_depth, max_pixels=max_pixels)
        places = [
            place
            for place, step in enumerate(self._steps)
            if step['type'] == PROFILED
        ]
        self._place = places[0] if places else None
        #: Whether calls are looked at beforehand.
        self._estimates = (
            profile == 'auto'
            and self._place is not None
            and self._steps[self._place].get('profile') is None
        )
        #: So many of the images of a call are enough to look at beforehand.
        self.most_wanted = SAMPLE if self._estimates else 0
        #: How images are prepared of which too few are known.
        self.usual = self._prepared(_loaded(profile), profile)

    def for_call(
        self,
        images: Sequence[Any],
        download: Callable[[Any], bytes | None],
        channel_order: str = 'bgr',
        are_all: bool = True,
    ) -> Preparation:
        """Find out how the images of a call are prepared.

        Args:
            images (Sequence): The images.
            download (Callable): Fetches an image that lies elsewhere; gives
                None for all others.
            channel_order (str): Of arrays. Defaults to ``'bgr'``.
            are_all (bool): Whether there are no more than these. Defaults to
                True.

        Returns:
            Preparation: With a profile that is estimated on some of them, if
            that is wanted and there are enough.
        """
        if not self._estimates or len(images) < LEAST_IMAGES:
            return self.usual
        held: dict[int, bytes] = {}
        measured = []
        for place in spread_out(len(images), SAMPLE):
            # What cannot be read is told of when it is predicted.
            with suppress(InputError):
                content = download(images[place])
                if content is not None:
                    held[place] = content
                source = images[place] if content is None else content
                with _as_it_was(source) as readable:
                    if readable:
                        measured.append(
                            measure_file(
                                source,
                                **self._reading,
                                channel_order=channel_order,
                            )
                        )
        if not measured:
            return self.usual._replace(held=held)
        found = self._prepared(estimate_profile(measured), 'auto')
        if found.remarks:
            of = f'{len(images)}' if are_all else f'the first {len(images)}'
            text = (
                f'a profile was estimated on {len(measured)} of '
                f'{of} images, as of one laboratory '
                f'(profile "none" turns it off): {"; ".join(found.remarks)}'
            )
            found = found._replace(remarks=[text])
        return found._replace(held=held)

    def window(
        self, looked_at: Callable[[], Sequence[Measurement]]
    ) -> int | None:
        """Find out how large the squares around cells of fields are to be.

        Args:
            looked_at (Callable): Measures the surroundings of cells, where
                a profile is to be estimated.

        Returns:
            int | None: The side in pixels of what shows as much as the images
            that the model was trained on; None where no profile is wanted, or
            where it tells no scale.
        """
        profile = self.usual.profile
        if self._estimates:
            measured = looked_at()
            if len(measured) < LEAST_IMAGES:
                return None
            profile = estimate_profile(measured)
        if profile is None or self._place is None:
            return None
        step = dict(self._steps[self._place], profile=profile)
        adjustment = self._build(step).adjustment
        return None if adjustment is None else adjustment.window

    def _prepared(self, profile: Profile | None, wanted: Any) -> Preparation:
        steps = [dict(step) for step in self._steps]
        if self._place is None:
            if profile is not None:
                raise InputError(
                    "a profile is given, and the model's test pipeline has no "
                    'step ApplyProfile that would take it: put one in the '
                    'place of FrameCell, or leave the profile out'
                )
            built = [self._build(step) for step in steps]
            return Preparation(
                self._chain(built), self._min_edge, None, [], {}
            )
        if profile is not None or wanted != 'auto':
            steps[self._place]['profile'] = profile
        temperature, lowered = 1.0, ''
        if profile is not None and self._laboratories is not None:
            temperature, lowered = self._laboratories.temperature_of(profile)
            if not lowered:
                # The network knows how that laboratory's cells look.
                steps[self._place]['cytoplasm'] = False
        built = [self._build(step) for step in steps]
        applied = built[self._place]
        min_edge, remarks = self._min_edge, []
        if profile is not None and applied.adjustment is not None:
            remarks = applied.adjustment.remarks
            view = applied.adjustment.view(applied.share)
            if view is not None and min_edge is not None:
                # A small part of an image is not to be made larger again.
                wanted_edge = min_edge * applied.share * profile.side / view
                min_edge = max(min_edge, ceil(wanted_edge))
        if lowered:
            remarks = [*remarks, lowered]
        return Preparation(
            self._chain(built), min_edge, profile, remarks, {}, temperature
        )


@contextmanager
def _as_it_was(source: Any) -> Iterator[bool]:
    """Let an open file be read once more; one that cannot be is left alone."""
    is_open = hasattr(source, 'read') and not getattr(source, 'closed', False)
    if isinstance(source, Image.Image) or not is_open:
        yield True
    elif not hasattr(source, 'seekable') or not source.seekable():
        yield False
    else:
        position = source.tell()
        try:
            yield True
        finally:
            source.seek(position)


def _loaded(
    profile: str | PathLike[str] | Profile | None,
) -> Profile | None:
    if profile is None or isinstance(profile, Profile):
        return profile
    return None if profile in ('auto', 'none') else read_profile(profile)
