"""Images read and prepared by threads, while a network computes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from os import fspath
from typing import Any, NamedTuple

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_limits import LEAST_SIDE, LONGEST
from daffnet_lite.fileio.image_reading import group_remarks, read_image
from daffnet_lite.profiles import Profile
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
    """

    place: int
    name: str
    data: Any
    view: View | None


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
    """

    def __init__(
        self,
        pipeline: LaboratoryPipeline,
        reading: Mapping[str, Any],
        needs_views: bool,
        download: Callable[[Any], bytes | None] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._reading = dict(reading)
        self._needs_views = needs_views
        self._download = download or _no_download
        #: Why an image of the last call has no result, by its place.
        self.errors: dict[int, str] = {}
        #: What is to be said of how images of the last call were read.
        self.warnings: list[str] = []
        #: The laboratory's profile in the last call; None: none was applied.
        self.profile: Profile | None = None

    def list_images(self, inputs: Any) -> list:
        """List the images of a new call.

        Args:
            inputs: As for :func:`~daffnet_lite.intake.list_images`.

        Returns:
            list: The images.

        Raises:
            InputError: If there is none.
        """
        images, self.warnings = list_images(inputs)
        return images

    def batches(
        self, images: Sequence[Any], batch_size: int, skip_broken: bool
    ) -> Iterator[list[PreparedImage]]:
        """Prepare images, and gather them in batches.

        Args:
            images (Sequence): The images.
            batch_size (int): Images at once.
            skip_broken (bool): Leave out what cannot be read; ``errors`` say
                why.

        Yields:
            list[PreparedImage]: A batch.

        Raises:
            InputError: If an image cannot be read, and is not to be left out.
        """
        self.errors = {}
        preparation = self._pipeline.for_call(images, self._download)
        self.profile = preparation.profile
        self.warnings += preparation.remarks
        readable = self._readable(
            images, preparation, skip_broken, 2 * batch_size
        )
        while batch := list(islice(readable, batch_size)):
            yield batch

    def _readable(
        self,
        images: Sequence[Any],
        preparation: Preparation,
        skip_broken: bool,
        ahead: int,
    ) -> Iterator[PreparedImage]:
        remarks = []
        with ThreadPoolExecutor(READERS) as readers:
            waiting = iter(enumerate(images))
            # A window, so that a large folder does not fill the memory.
            reading = [
                (index, readers.submit(self._read, index, image, preparation))
                for index, image in islice(waiting, ahead)
            ]
            while reading:
                index, result = reading.pop(0)
                reading += [
                    (
                        later,
                        readers.submit(self._read, later, image, preparation),
                    )
                    for later, image in islice(waiting, 1)
                ]
                try:
                    prepared, said = result.result()
                except InputError as error:
                    if not skip_broken:
                        raise
                    self.errors[index] = str(error)
                    continue
                remarks += [(prepared.name, remark) for remark in said]
                yield prepared
        self.warnings += group_remarks(remarks)

    def _read(
        self, index: int, image: Any, preparation: Preparation
    ) -> tuple[PreparedImage, list[str]]:
        """Read and prepare one image.

        Returns:
            tuple[PreparedImage, list[str]]: The image, and remarks.
        """
        sample: dict[str, Any] = {}
        view = None
        name = describe_source(image, index)
        if has_path(image):
            sample['img_path'] = fspath(image)
        content = preparation.held.pop(index, None)
        if content is None:
            content = self._download(image)
        reading = dict(self._reading, min_edge=preparation.min_edge)
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
            remarks.append(f'{shape}, no shape of a picture of one cell')
        if self._needs_views:
            view = look_at(decoded.img)
        sample.update(
            img=decoded.img,
            img_shape=decoded.img.shape[:2],
            ori_shape=decoded.size,
        )
        data = preparation.pipeline(sample)
        return PreparedImage(index, name, data, view), remarks


def _no_download(image: Any) -> bytes | None:
    """Refuse addresses, in a sentence of their own."""
    if has_path(image) and '://' in fspath(image):
        raise InputError(
            f'{fspath(image)} is an address: download the image, and name '
            'its file'
        )
    return None
