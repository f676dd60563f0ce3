"""Windows about an image's middle, and its size."""

import cv2
import numpy as np


def middle_share(img: np.ndarray, share: float) -> np.ndarray:
    """Cut out a share of an image's height and width about its middle.

    Args:
        img (np.ndarray): Shape (H, W, ...).
        share (float): The share, above 0 and at most 1.

    Returns:
        np.ndarray: The window, at least one pixel.
    """
    height, width = img.shape[:2]
    return _window(img, round(share * height), round(share * width))


def middle_square(img: np.ndarray, side: float) -> np.ndarray:
    """Cut out a square about an image's middle.

    Args:
        img (np.ndarray): Shape (H, W, ...).
        side (float): Its side in pixels; of a side of the image that is
            shorter, all is kept.

    Returns:
        np.ndarray: The window, at least one pixel.
    """
    return _window(img, round(side), round(side))


def _window(img: np.ndarray, h: int, w: int) -> np.ndarray:
    height, width = img.shape[:2]
    h, w = max(1, h), max(1, w)
    y, x = max(0, (height - h) // 2), max(0, (width - w) // 2)
    return np.ascontiguousarray(img[y : y + h, x : x + w])


def resize_edge(img: np.ndarray, scale: int) -> np.ndarray:
    """Resize an image by its short edge, as MMPretrain's ``ResizeEdge`` does.

    Args:
        img (np.ndarray): uint8 of shape (H, W, C).
        scale (int): The short edge in pixels.

    Returns:
        np.ndarray: The image, bilinearly resized.
    """
    height, width = img.shape[:2]
    if width < height:
        size = scale, int(scale * height / width)
    else:
        size = int(scale * width / height), scale
    return cv2.resize(img, size, interpolation=cv2.INTER_LINEAR)


def centre_crop(img: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Cut out the middle of an image, as mmcv's ``CenterCrop`` does.

    Args:
        img (np.ndarray): Shape (H, W, ...).
        size (int | tuple[int, int]): Side in pixels, or height and width; of
            a shorter side of the image all is kept.

    Returns:
        np.ndarray: The window. Where the margins cannot be equal, the first
        of them is the even one.
    """
    height, width = img.shape[:2]
    h, w = (size, size) if isinstance(size, int) else size
    h, w = min(h, height), min(w, width)
    y, x = round((height - h) / 2), round((width - w) / 2)
    return img[y : y + h, x : x + w]
