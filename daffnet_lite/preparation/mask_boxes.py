"""Boxes from masks that experts drew, as for LISC."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from daffnet_lite.fileio.image_reading import read_image


def find_lisc_masks(folder: Path) -> dict[str, str] | None:
    """Find LISC's masks.

    Args:
        folder (Path): A folder of images.

    Returns:
        dict[str, str] | None: The mask's path by the image's path relative to
        the folder; None if the folder is not LISC's or has no masks.
    """
    if (
        not (folder / 'Ground Truth Segmentation').is_dir()
        or not (folder / 'Main Dataset').is_dir()
    ):
        return None
    # Only the dataset knows which mask is which image's.
    from daffnet_mm.datasets import LISC

    lisc = LISC(str(folder), pipeline=(), serialize_data=False)
    return {
        Path(sample['img_path']).relative_to(folder).as_posix(): sample[
            'seg_map_path'
        ]
        for sample in lisc.load_data_list()
        if 'seg_map_path' in sample
    }


def boxes_of_mask(
    path: str | Path, shape: Sequence[int]
) -> list[tuple[int, int, int, int]]:
    """Box each cell of a mask.

    Background is the value that the mask's border has most. A mask that lacks
    a border of its image is taken to lie in its middle.

    Args:
        path (str | Path): The mask's file.
        shape (Sequence[int]): Height and width of its image.

    Returns:
        list[tuple[int, int, int, int]]: x1, y1, x2, y2 in pixels of the
        image, largest cell first; x2 and y2 are exclusive.

    Raises:
        ValueError: If the mask is larger than its image, and as
            ``read_image``.
    """
    # Labels of more than 8 bits are small numbers too.
    mask = read_image(path, bit_depth=8).img.max(axis=2)
    down, across = (n - m for n, m in zip(shape[:2], mask.shape, strict=True))
    if min(down, across) < 0:
        raise ValueError(
            f'its mask {path} has {mask.shape[1]} x '
            f'{mask.shape[0]} pixels, more than the image'
        )
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    cells = mask != np.bincount(border).argmax()
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8))
    stats = stats[1:][np.argsort(-stats[1:, 4])]
    # Stray pixels of the expert's pen are no cells.
    return [
        (
            int(x + across // 2),
            int(y + down // 2),
            int(x + across // 2 + width),
            int(y + down // 2 + height),
        )
        for x, y, width, height, area in stats
        if area >= 0.1 * stats[0, 4]
    ]
