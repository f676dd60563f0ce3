"""Paint a Wright-Giemsa-like white blood cell from its eleven attributes."""

from collections.abc import Sequence

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.structures.attributes import WBC_ATTRIBUTES

from .cell import draw_cell
from .cytoplasm import paint_cytoplasm, paint_vacuoles
from .granules import paint_granules
from .laboratories import get_laboratory
from .nucleus import draw_nucleus, paint_nucleus
from .optics import photograph
from .slide import Slide
from .smear import paint_platelets, paint_red_cells
from .streams import check_whole_number

#: Below this a lobe is smaller than a pixel's blur.
MIN_IMAGE_SIZE = 32


def check_image_size(image_size: int) -> None:
    """Refuse an image size that cannot be painted."""
    what = 'The image size in pixels of synthetic cells'
    check_whole_number(what, image_size, MIN_IMAGE_SIZE)


def name_attributes(attributes: Sequence[int]) -> dict:
    """Turn eleven value indices, of a list, array or tensor, into names.

    Unknown (-1) cannot be painted, so it is refused as any other number that
    is no index of its attribute.
    """
    values = np.asarray(attributes)
    if values.shape != (len(WBC_ATTRIBUTES),):
        raise InputError(
            f'A synthetic cell needs {len(WBC_ATTRIBUTES)} attribute values, '
            f'but got an input of shape {values.shape}.'
        )
    if not np.issubdtype(values.dtype, np.integer):
        raise InputError(
            'Attribute values are indices, that is integers, '
            f'but got {values.dtype}.'
        )
    names = {}
    for (name, options), value in zip(
        WBC_ATTRIBUTES.items(), values.tolist(), strict=True
    ):
        if not 0 <= value < len(options):
            raise InputError(
                f'Attribute {name!r} has the values 0 to {len(options) - 1} '
                f'({", ".join(options)}), so {value} cannot be painted.'
            )
        names[name] = options[value]
    return names


def render_cell(
    attributes: Sequence[int],
    image_size: int = 128,
    rng: int | np.random.Generator | None = None,
    laboratory: str = 'a',
    return_masks: bool = False,
) -> np.ndarray | tuple[np.ndarray, dict]:
    """Paint one white blood cell on a blood smear.

    The eleven attributes decide what is painted; all else (place, exact size
    and outline, red cells, platelets, stain, light, focus and noise) is
    random. Any combination can be painted, also one that no real cell has.

    Args:
        attributes (Sequence[int]): Eleven value indices, in the order of
            ``WBC_ATTRIBUTES``.
        image_size (int): Height and width in pixels, at least 32. The field
            of view is always the same. Defaults to 128.
        rng (int | np.random.Generator, optional): A seed, or the generator
            to draw from. ``None`` takes fresh entropy. NumPy's global state
            is neither read nor changed. Defaults to None.
        laboratory (str): A key of ``LABORATORIES``. Defaults to ``'a'``.
        return_masks (bool): Whether to return the masks, too. Defaults to
            False.

    Returns:
        np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]: The image,
        uint8 of shape (image_size, image_size, 3), BGR. With masks: also
        ``'cell'`` and ``'nucleus'``, bool of shape (image_size, image_size).

    Raises:
        InputError: If an attribute value, the image size or the laboratory
            does not exist.

    Examples:
        >>> from daffnet_mm.datasets.synthetic import render_cell
        >>> # A big, round neutrophil with a band nucleus
        >>> img = render_cell([0, 1, 3, 1, 0, 0, 0, 1, 3, 1, 1], rng=0)
        >>> img.shape
        (128, 128, 3)
    """
    named = name_attributes(attributes)
    check_image_size(image_size)
    profile = get_laboratory(laboratory)
    rng = np.random.default_rng(rng)

    scale = image_size * profile.magnification * rng.uniform(0.97, 1.03)
    stains = np.zeros((4, image_size, image_size), dtype=np.float32)
    slide = Slide(stains, float(scale), rng, named)
    cell = draw_cell(slide)
    nucleus = draw_nucleus(slide, cell)

    paint_red_cells(slide, cell)
    paint_platelets(slide, cell)
    paint_cytoplasm(slide, cell)
    paint_nucleus(slide, nucleus)
    paint_granules(slide, cell, nucleus)
    if named['cytoplasm_vacuole'] == 'yes':
        paint_vacuoles(slide, cell, nucleus)
    image = photograph(slide, profile)

    if return_masks:
        return image, dict(cell=cell.mask > 0.5, nucleus=nucleus > 0.5)
    return image
