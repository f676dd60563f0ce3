import warnings
from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.cropping import cut_window
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.image_decoding import DecodedImage
from daffnet_lite.fileio.image_reading import name_of, read_image
from daffnet_lite.fileio.pixel_values import check_bit_depth


@TRANSFORMS.register_module()
class LoadCellImage(BaseTransform):
    """Load an image or a cell of a field, and refuse a broken file by name.

    It takes the place of ``LoadImageFromFile``. What it does beside:

    - An image larger than needed is decoded at reduced scale, see
      ``min_edge``.
    - A sample with a ``box`` is one cell of a field: the box is cut out.
    - A truncated or empty file is an error, never a half-grey image.
    - Whatever the file holds, 8-bit BGR comes out: CMYK is converted, alpha
      composed on white, 16 bits are scaled (see ``bit_depth``), grey is
      repeated. EXIF's orientation is applied; boxes refer to the upright
      image.
    - What a person should know of how a file was read (pages that were not
      used, values that leave most of their range empty) is said once a
      process, as an ``InputWarning``.
    - A pipe or device is refused, and an image of more than ``max_pixels``.

    A sample that has its ``img`` already and no ``img_path``, as MMPretrain's
    inferencers make them, passes unchanged.

    **Required Keys:**

    - img_path
    - box (optional): x1, y1, x2, y2 in pixels of the file

    **Added Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)
    - img_shape: H and W
    - ori_shape: height and width of the image, or of its box, in the file

    Args:
        min_edge (int, optional): Short edge in pixels that the next step
            needs, for instance the ``scale`` of a ``ResizeEdge``; for a
            ``RandomResizedCrop`` its size over the root of its smallest
            share. JPEGs are decoded at the smallest of the scales 1, 1/2,
            1/4 and 1/8 whose short edge is not below. None decodes at full
            size. Defaults to None.
        margin (float): What is added to a box on each side, as a share of its
            width and height. Defaults to 0.
        window (int, optional): Side in pixels of the file of the square that
            is cut around the middle of a box instead of the box: as much of
            the surroundings of small cells as of big ones. Beyond the image,
            its border is continued. Such images are decoded at full size.
            Defaults to None: the box with its margin.
        bit_depth (int, optional): Bits that the values of 16-bit files use:
            those of the camera, such as 12, if the software did not scale
            them up. Defaults to None: 16.
        max_pixels (int, optional): The most pixels that are decoded. Defaults
            to None: 80 million.
        backend_args (dict, optional): MMEngine's file backend. Defaults to
            None.
    """

    def __init__(
        self,
        min_edge: int | None = None,
        margin: float = 0.0,
        window: int | None = None,
        bit_depth: int | None = None,
        max_pixels: int | None = None,
        backend_args: dict | None = None,
    ) -> None:
        if min_edge is not None and min_edge < 1:
            raise InputError(
                f'LoadCellImage: min_edge={min_edge} must be a number of '
                'pixels, or None for the full size'
            )
        if margin < 0:
            raise InputError(
                f'LoadCellImage: margin={margin} must not be below 0'
            )
        if window is not None and (window < 1 or margin):
            raise InputError(
                f'LoadCellImage: window={window} must be a number of pixels, '
                'and takes no margin'
            )
        check_bit_depth(bit_depth)
        if max_pixels is not None and max_pixels < 1:
            raise InputError(
                f'LoadCellImage: max_pixels={max_pixels} must be above 0'
            )
        self.min_edge = min_edge
        self.margin = margin
        self.window = window
        self.bit_depth = bit_depth
        self.max_pixels = max_pixels
        self.backend_args = backend_args
        self._said: set[str] = set()

    def transform(self, results: dict) -> dict:
        """Load one image.

        Args:
            results (dict): The sample, with ``img_path``.

        Returns:
            dict: The sample with the image.

        Raises:
            InputError: If the file does not exist or cannot be decoded, or
                the box lies outside.
        """
        if 'img_path' not in results and 'img' in results:
            return results
        path, box = str(results['img_path']), results.get('box')
        if box is not None and self.margin:
            x1, y1, x2, y2 = (float(v) for v in box)
            dx, dy = self.margin * (x2 - x1), self.margin * (y2 - y1)
            box = (x1 - dx, y1 - dy, x2 + dx, y2 + dy)
        side = None if box is None else self.window
        try:
            decoded = read_image(
                self._locate(path),
                self.min_edge if side is None else None,
                box if side is None else None,
                self.bit_depth,
                self.max_pixels,
                name_of(path),
            )
            if box is not None and side is not None:
                decoded = _cut(decoded, box, side, path)
        except InputError as e:
            # Only the package's datasets name their samples, and leave out
            # broken ones if asked to.
            if 'image_id' not in results:
                raise
            raise InputError(
                f'{e}; replace or remove it, or set skip_broken=True in its '
                'dataset'
            ) from e
        for remark in decoded.remarks:
            if remark not in self._said:
                self._said.add(remark)
                warnings.warn(
                    f'{name_of(path)}: {remark} '
                    '(said of the first such image)',
                    InputWarning,
                    stacklevel=2,
                )
        results['img'] = decoded.img
        results['img_shape'] = decoded.img.shape[:2]
        results['ori_shape'] = decoded.size
        return results

    def _locate(self, path: str) -> str | bytes:
        if self.backend_args is None and '://' not in path:
            return path
        try:
            return fileio.get(path, backend_args=self.backend_args)
        except OSError as e:
            raise InputError(f'{name_of(path)} cannot be read ({e})') from e

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(min_edge={self.min_edge}, '
            f'margin={self.margin}, window={self.window}, '
            f'bit_depth={self.bit_depth}, max_pixels={self.max_pixels})'
        )


def _cut(
    decoded: DecodedImage, box: Sequence[float], side: int, path: str
) -> DecodedImage:
    try:
        img = cut_window(decoded.img, box, side)
    except ValueError as e:
        raise InputError(f'{name_of(path)}: {e}') from e
    return decoded._replace(img=img, size=img.shape[:2])
