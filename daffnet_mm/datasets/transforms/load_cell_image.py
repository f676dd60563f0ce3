from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError
from daffnet_mm.fileio.image_decoding import DECODING_ERRORS, decode_image


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
        bit_depth (int): Bits that the values of 16-bit files use: those of
            the camera, such as 12, if the software did not scale them up.
            Defaults to 16.
        backend_args (dict, optional): MMEngine's file backend. Defaults to
            None.
    """

    def __init__(
        self,
        min_edge: int | None = None,
        margin: float = 0.0,
        bit_depth: int = 16,
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
        if not 8 <= bit_depth <= 16:
            raise InputError(
                f'LoadCellImage: bit_depth={bit_depth} must be 8 to 16'
            )
        self.min_edge = min_edge
        self.margin = margin
        self.bit_depth = bit_depth
        self.backend_args = backend_args

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
        try:
            img, ori_shape = decode_image(
                self._read(path), self.min_edge, box, self.bit_depth
            )
        except FileNotFoundError as e:
            raise InputError(f'image {path} does not exist') from e
        except DECODING_ERRORS as e:
            reason = ' '.join(str(e).split()) or type(e).__name__
            raise InputError(
                f'image {path} cannot be decoded ({reason}); replace or '
                'remove it, or set skip_broken=True in its dataset'
            ) from e
        results['img'] = img
        results['img_shape'] = img.shape[:2]
        results['ori_shape'] = ori_shape
        return results

    def _read(self, path: str) -> bytes:
        if self.backend_args is not None or '://' in path:
            return fileio.get(path, backend_args=self.backend_args)
        # What MMEngine's local backend does, at two thirds of the time.
        with open(path, 'rb', buffering=0) as file:
            return file.read()

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(min_edge={self.min_edge}, '
            f'margin={self.margin}, bit_depth={self.bit_depth})'
        )
