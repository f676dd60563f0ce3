import numpy as np

from daffnet_lite.errors import InputError

#: Bits of cameras whose values software leaves unscaled in 16 bits.
_CAMERA_BITS = (8, 10, 12, 14)
#: By how much interpolation may overshoot the range of floats.
_OVERSHOOT = 0.01


def check_bit_depth(bit_depth: int | None) -> None:
    """Refuse a number of bits that no pixel has.

    Args:
        bit_depth (int, optional): The number; None stands for 16.

    Raises:
        InputError: If it is not 8 to 16.
    """
    if bit_depth is not None and bit_depth not in range(8, 17):
        raise InputError(
            f'bit_depth={bit_depth} must be a whole number from 8 to 16'
        )


def to_eight_bits(
    values: np.ndarray, bit_depth: int | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Scale pixel values to 8 bits, by one rule for files and arrays.

    Black is 0. White is

    - 255 for integers of 8 bits, which stay as they are,
    - ``2**bit_depth - 1`` for unsigned integers of 16 bits, with a depth of
      16 where none is given,
    - ``2**bit_depth - 1`` for other integers, which are refused without a
      depth,
    - 1 for floats.

    No image is scaled by its own brightest value: that would make a
    dark image a bright one.

    Args:
        values (np.ndarray): The image, of shape (H, W) or (H, W, C); of two or
            four channels the last is alpha.
        bit_depth (int, optional): Bits that integers of more than 8 bits use.
            Defaults to None.

    Returns:
        tuple[np.ndarray, tuple[str, ...]]: The values as uint8, and what a
        person should know of the scaling.

    Raises:
        ValueError: If values lie outside the range, or none is known to be
            white.
    """
    if values.dtype == np.uint8:
        return values, ()
    # From a file in the order of another machine's bytes.
    values = values.astype(values.dtype.newbyteorder('='), copy=False)
    if values.dtype.kind == 'b':
        return values.astype(np.uint8) * np.uint8(255), ()
    if values.dtype.kind == 'f':
        return _floats_to_eight_bits(values), ()
    if values.dtype.kind not in 'iu':
        raise ValueError(f'values of type {values.dtype} are no pixels')
    if bit_depth is None and values.dtype != np.uint16:
        raise ValueError(
            f'its values are integers of type {values.dtype}, of which none '
            'is known to be white; save it with 8 bits, or say how many bits '
            'they use by --bit-depth (bit_depth)'
        )
    if values.min() < 0:
        raise ValueError('some of its values are below 0')
    white = 2 ** (bit_depth or 16) - 1
    colours = values[..., :-1] if _has_alpha(values) else values
    remarks = _remarks(int(colours.max()), bit_depth)
    shades = np.rint(np.arange(white + 1) * (255 / white)).astype(np.uint8)
    return shades[np.minimum(values, white)], remarks


def _has_alpha(values: np.ndarray) -> bool:
    return values.ndim == 3 and values.shape[2] in (2, 4)


def _remarks(brightest: int, bit_depth: int | None) -> tuple[str, ...]:
    if bit_depth is not None:
        if brightest < 2**bit_depth:
            return ()
        remark = (
            f'values above {2**bit_depth - 1}, the white of {bit_depth} '
            'bits, are cut; its camera may have more bits'
        )
        return (remark,)
    for bits in _CAMERA_BITS:
        if brightest < 2**bits:
            remark = (
                f'no value uses more than the lower {bits} of its 16 bits, so '
                'it is read as a dark image; if its camera has no more, say '
                f'so by --bit-depth {bits} (bit_depth={bits})'
            )
            return (remark,)
    return ()


def _floats_to_eight_bits(values: np.ndarray) -> np.ndarray:
    # The comparison is false for nan too.
    if not (values.min() >= -_OVERSHOOT and values.max() <= 1 + _OVERSHOOT):
        raise ValueError(
            f'its values are floats from {values.min():g} to '
            f'{values.max():g}, but of floats 0 is black and 1 is white; '
            'save it with 8 or 16 bits'
        )
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8)
