import numpy as np

from daffnet_mm.errors import InputError


def bgr_image(results: dict, transform: object) -> np.ndarray:
    """Get a sample's image for a transform that works on 8-bit colour.

    Args:
        results (dict): The sample.
        transform (object): The transform, for the message.

    Returns:
        np.ndarray: The image, uint8 of shape (H, W, 3).

    Raises:
        InputError: If the image is of another kind.
    """
    img = results['img']
    if img.dtype != np.uint8 or img.ndim != 3 or img.shape[2] != 3:
        raise InputError(
            f'{type(transform).__name__} takes 8-bit colour images, not '
            f'{img.dtype} of shape {img.shape}: put it after LoadCellImage '
            'and before any normalisation'
        )
    return img
