"""Images read and prepared by threads, while a network computes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from os import fspath
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_limits import LEAST_SIDE, LONGEST
from daffnet_lite.fileio.image_reading import (
    check_channel_order,
    group_remarks,
    read_image,
)
from daffnet_lite.profiles import Profile
from daffnet_lite.profiles.measuring import Measurement
from daffnet_lite.review import View, look_at

from .laboratory_pipeline import LaboratoryPipeline, Preparation
from .sources import describe_source, has_path, list_images

#: Threads that read images while the model computes.
READERS = 2


class PreparedImage(NamedTuple):
    """An image that is ready for the network.

    Attributes:
        place (int): Its place among the images of the call.
        name (str): What messages call it.
        data (Any): What the pipeline made of it.
        view (View | None): What it shows, where that is wanted.
        path (str | None): Its path, if it has one.
    """

    place: int
    name: str
    data: Any
    view: View | None
    path: str | None


@dataclass
class Reports:
    """What is to be said of the images of a call.

    Attributes:
        warnings (list[str]): How they were read. Defaults to nothing.
        errors (dict[int, str]): Why an image has no result, by its place.
            Defaults to none.
        profile (Profile | None): The laboratory's. Defaults to None: none was
            applied.
        temperature (float): By what the logits of the cell types are divided.
            Defaults to 1.
    """

    warnings: list[str] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    profile: Profile | None = None
    temperature: float = 1.0


class ImageIntake:
    """Read images ahead of the network, and prepare them.

    Args:
        pipeline (LaboratoryPipeline): What prepares them. It gets a dict with
            ``img``, ``img_shape``, ``ori_shape`` and, of a file,
            ``img_path``.
        reading (Mapping): ``min_edge``, ``bit_depth`` and ``max_pixels``.
        needs_views (bool): Whether images are looked at.
        download (Callable, optional): Fetches an image that lies elsewhere;
            gives None for all others. Defaults to None: nothing is fetched.
        size (tuple[int, int], optional): Height and width that the pipeline
            makes of every image that is large enough. Defaults to None: any.
    """

    def __init__(
        self,
        pipeline: LaboratoryPipeline,
        reading: Mapping[str, Any],
        needs_views: bool,
        download: Callable[[Any], bytes | None] | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._reading = dict(reading)
        self._needs_views = needs_views
        self._download = download or _no_download
        self._size = size
        #: Of the call whose batch was given last.
        self.reports = Reports()

    @property
    def reading(self) -> dict[str, Any]:
        """dict: ``bit_depth`` and ``max_pixels``, as for ``read_image``."""
        return {k: v for k, v in self._reading.items() if k != 'min_edge'}

    def list_images(self, inputs: Any) -> list | Iterator:
        """List the images of a new call.

        Args:
            inputs: As for :func:`~daffnet_lite.intake.list_images`.

        Returns:
            list | Iterator: The images; of an iterator one after the other.

        Raises:
            InputError: If there is none.
        """
        images, remarks = list_images(inputs)
        self.reports = Reports(remarks)
        return images

    def window(
        self, looked_at: Callable[[], Sequence[Measurement]]
    ) -> int | None:
        """Find out how large the squares around cells of fields are to be.

        Args:
            looked_at (Callable): As for :meth:`LaboratoryPipeline.window`.

        Returns:
            int | None: As there.
        """
        return self._pipeline.window(looked_at)

    def batches(
        self,
        images: list | Iterator,
        batch_size: int,
        skip_broken: bool,
        channel_order: str = 'bgr',
    ) -> Iterator[list[PreparedImage]]:
        """Prepare images, and gather them in batches.

        Args:
            images (list | Iterator): The images. Of an iterator no more are
                taken at once than two batches, and what a profile is
                estimated on.
            batch_size (int): Images at once.
            skip_broken (bool): Leave out what cannot be read; ``errors`` say
                why.
            channel_order (str): Of arrays, as for
                :func:`~daffnet_lite.fileio.image_reading.read_image`.
                Defaults to ``'bgr'``.

        Yields:
            list[PreparedImage]: A batch.

        Raises:
            InputError: If an image cannot be read, and is not to be left out.
        """
        check_channel_order(channel_order)
        reports = self.reports = Reports(self.reports.warnings)
        known, are_all = images, True
        if not isinstance(known, list):
            known = list(islice(images, self._pipeline.most_wanted))
            images, are_all = chain(known, images), False
        preparation = self._pipeline.for_call(
            known, self._download, channel_order, are_all
        )
        del known  # of what comes one by one nothing is kept
        reports.profile = preparation.profile
        reports.temperature = preparation.temperature
        reports.warnings += preparation.remarks
        readable = self._readable(
            images,
            preparation,
            channel_order,
            reports.errors if skip_broken else None,
            reports.warnings,
            2 * batch_size,
        )
        while batch := list(islice(readable, batch_size)):
            # Between two batches there may have been another call.
            self.reports = reports
            yield batch
        self.reports = reports

    def _readable(
        self,
        images: Iterable,
        preparation: Preparation,
        channel_order: str,
        errors: dict[int, str] | None,
        warnings: list[str],
        ahead: int,
    ) -> Iterator[PreparedImage]:
        read = partial(
            self._read, preparation=preparation, channel_order=channel_order
        )
        remarks = []
        with ThreadPoolExecutor(READERS) as readers:
            waiting = iter(enumerate(images))
            # A window, so that a large folder does not fill the memory.
            reading = [
                (index, readers.submit(read, index, image))
                for index, image in islice(waiting, ahead)
            ]
            while reading:
                index, result = reading.pop(0)
                reading += [
                    (later, readers.submit(read, later, image))
                    for later, image in islice(waiting, 1)
                ]
                try:
                    prepared, said = result.result()
                except InputError as error:
                    if errors is None:
                        raise
                    errors[index] = str(error)
                    continue
                remarks += [(prepared.name, remark) for remark in said]
                yield prepared
        warnings += group_remarks(remarks)

    def _read(
        self,
        index: int,
        image: Any,
        preparation: Preparation,
        channel_order: str,
    ) -> tuple[PreparedImage, list[str]]:
        """Read and prepare one image.

        Returns:
            tuple[PreparedImage, list[str]]: The image, and remarks.
        """
        sample: dict[str, Any] = {}
        view = path = None
        name = describe_source(image, index)
        if has_path(image):
            sample['img_path'] = path = fspath(image)
        content = preparation.held.pop(index, None)
        if content is None:
            content = self._download(image)
        reading = dict(
            self._reading,
            min_edge=preparation.min_edge,
            channel_order=channel_order,
        )
        decoded = read_image(
            image if content is None else content, **reading, name=name
        )
        remarks = list(decoded.remarks)
        short, long = sorted(decoded.size)
        if short < LEAST_SIDE or long > LONGEST * short:
            height, width = decoded.size
            shape = f'it has {width} x {height} pixels'
            if short < LEAST_SIDE:
                raise InputError(f'{name}: {shape}, too few to show a cell')
            remarks.append(
                f'{shape}, no shape of a picture of one cell: only its middle '
                'is looked at'
            )
        img = _middle(decoded.img)
        if self._needs_views:
            view = look_at(img)
        sample.update(img=img, img_shape=img.shape[:2], ori_shape=decoded.size)
        data = preparation.pipeline(sample)
        if self._size is not None:
            _check_size(name, data, self._size)
        return PreparedImage(index, name, data, view, path), remarks


def _check_size(name: str, data: dict, size: tuple) -> None:
    if 'inputs' in data:  # packed
        height, width = data['inputs'].shape[-2:]
    else:
        height, width = data['img'].shape[:2]
    if (height, width) != size:
        raise InputError(
            f'{name} is too small for this model: it gives {width} x '
            f'{height} pixels, and the network takes {size[1]} x {size[0]}'
        )


def _middle(img: np.ndarray) -> np.ndarray:
    """The middle of what is too long a strip: to enlarge it has no end."""
    height, width = img.shape[:2]
    reach = LONGEST * min(height, width)
    top, left = max(height - reach, 0) // 2, max(width - reach, 0) // 2
    return img[top : top + reach, left : left + reach]


def _no_download(image: Any) -> bytes | None:
    """Refuse addresses, in a sentence of their own."""
    if has_path(image) and '://' in fspath(image):
        raise InputError(
            f'{fspath(image)} is an address: download the image, and name '
            'its file'
        )
    return None
