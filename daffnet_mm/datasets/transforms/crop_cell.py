from mmpretrain.registry import TRANSFORMS

from daffnet_lite.cropping import crop_window, segment_cells
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.cropping.segmentation import check_chain
from daffnet_lite.errors import InputError

from .colour_transform import ColourTransform


@TRANSFORMS.register_module()
class CropCell(ColourTransform):
    """Crop an image to its largest or its central white cell.

    The cell is found by :func:`daffnet_lite.cropping.segment_cells`, and the
    square around it cut out. **Where no cell is found, the image stays as it
    is**, and ``cell_found`` says so: a blank field, a bad stain, or a crop so
    close that it shows no background.

    It takes some tenths of a second an image of 640 x 480 pixels. For training
    rather crop once, with ``daffnet crop``.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img
    - img_shape

    **Added Keys:**

    - cell_found (bool)
    - cell_box (tuple[int, int, int, int]): x1, y1, x2, y2 of what was cut out,
      in pixels of the image before; all of it where no cell was found.

    Args:
        which (str): ``'largest'`` (by its nucleus) or ``'central'`` (whose
            box's middle is nearest to the image's). Defaults to
            ``'largest'``.
        margin (float): What is added on each side, as a share of the cell's
            longer side. Defaults to 0.1.
        chain (str): As for :func:`daffnet_lite.cropping.segment_cells`.
            Defaults to ``'own'``.
    """

    def __init__(
        self, which: str = 'largest', margin: float = 0.1, chain: str = 'own'
    ) -> None:
        if which not in ('largest', 'central'):
            raise InputError(
                f"CropCell: which={which!r} must be 'largest' or 'central'"
            )
        check_margin(margin)
        check_chain(chain)
        self.which = which
        self.margin = margin
        self.chain = chain

    def transform(self, results: dict) -> dict:
        """Crop one image.

        Args:
            results (dict): The sample, with ``img``.

        Returns:
            dict: The sample with the crop.

        Raises:
            InputError: If the image is not 8-bit BGR or smaller than 16 x 16
                pixels.
        """
        img = self.image(results)
        height, width = img.shape[:2]
        # The largest is the first.
        boxes = [cell.box for cell in segment_cells(img, self.chain)]
        box = (0, 0, width, height)
        if boxes:
            if self.which == 'central':
                boxes.sort(key=lambda box: _off_centre(box, width, height))
            box = crop_window(boxes[0], (height, width), self.margin)
        x1, y1, x2, y2 = box
        results['cell_found'] = bool(boxes)
        results['cell_box'] = box
        results['img'] = img[y1:y2, x1:x2].copy()
        results['img_shape'] = results['img'].shape[:2]
        return results


def _off_centre(box: tuple, width: int, height: int) -> int:
    x1, y1, x2, y2 = box
    return (x1 + x2 - width) ** 2 + (y1 + y2 - height) ** 2
