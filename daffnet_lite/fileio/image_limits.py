#: The most pixels that are decoded unless somebody says otherwise: a square
#: of 8,944 pixels, below the size at which Pillow begins to warn.
MAX_PIXELS = 80_000_000

#: A picture with a side below this, in pixels, shows no cell.
LEAST_SIDE = 16
#: One that is more than so many times as long as it is high is no picture of
#: a cell.
LONGEST = 4

#: Bytes of a pixel that takes most: four floats.
_BYTES_PER_PIXEL = 16


def max_bytes(max_pixels: int) -> int:
    """How large a file, or what is unpacked of it, may be.

    Args:
        max_pixels (int): The most pixels of an image.

    Returns:
        int: The most bytes.
    """
    return _BYTES_PER_PIXEL * max_pixels


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse an image before the memory for it is asked for.

    Args:
        width (int): What its header says.
        height (int): What its header says.
        max_pixels (int): The most pixels.

    Raises:
        ValueError: If there are more.
    """
    if width * height > max_pixels:
        raise too_large(f'{width} x {height} pixels, more', max_pixels)


def too_large(what: str, max_pixels: int) -> ValueError:
    """Say that an image is too large, and what to do."""
    return ValueError(
        f'it has {what} than the limit of {max_pixels} pixels; if that is '
        'right, raise the limit by --max-pixels (max_pixels)'
    )
