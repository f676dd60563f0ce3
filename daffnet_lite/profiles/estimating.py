"""From many pictures to the profile of the laboratory that took them."""

from collections.abc import Iterable, Sequence

import numpy as np

from .measuring import CytoplasmReference, Measurement
from .profile import Colours, Cytoplasm, Profile, Scale, Triple

#: Fewer rims, or rims in fewer images, say nothing about the red cells' size.
LEAST_RIMS, LEAST_RIM_IMAGES = 20, 12
#: Rims within these times the commonest diameter are red cells; others are
#: fragments, platelets and clumps.
LEAST_TO_MODE, MOST_TO_MODE = 0.7, 1.4
#: At least this share of the rims, by what was seen of them, must be.
LEAST_AGREEING = 0.5
#: Width of the window in which rims count as alike, as a share of the
#: diameter.
WINDOW = 0.12
#: Colours, cytoplasm's among them, are measured in at least so many images,
#: and in this share of all.
LEAST_COLOUR_IMAGES, LEAST_COLOUR_SHARE = 12, 0.25
_NEEDED = f'{LEAST_COLOUR_IMAGES} and {100 * LEAST_COLOUR_SHARE:.0f} %'


def estimate_profile(measurements: Iterable[Measurement]) -> Profile:
    """Estimate a laboratory's profile from what its pictures tell.

    No label is needed. All is the median over images or cells, so that some
    odd pictures do no harm.

    Args:
        measurements (Iterable[Measurement]): Those of its images, one at
            least.

    Returns:
        Profile: The profile; what could not be measured is None, and
        ``refused`` says why.
    """
    found = list(measurements)
    scale, no_scale = _scale(found)
    colours, no_colours = _colours(found)
    cytoplasm, no_cytoplasm = _cytoplasm(found)
    return Profile(
        len(found),
        float(np.median([m.side for m in found])),
        scale,
        colours,
        tuple(text for text in (no_scale, no_colours, no_cytoplasm) if text),
        cytoplasm,
    )


def spread_out(count: int, most: int) -> Sequence[int]:
    """Which of many images are looked at: evenly, from first to last.

    Args:
        count (int): How many there are.
        most (int): How many are looked at, at most.

    Returns:
        Sequence[int]: Their places.
    """
    if count <= most:
        return range(count)
    return np.linspace(0, count - 1, most).round().astype(int).tolist()


def _scale(found: list[Measurement]) -> tuple[Scale | None, str]:
    rims = np.array(
        [
            (*rim, index)
            for index, measurement in enumerate(found)
            for rim in measurement.rims
        ]
    ).reshape(-1, 3)
    diameter, span, image = rims.T
    images = np.unique(image).size
    if len(rims) < LEAST_RIMS or images < LEAST_RIM_IMAGES:
        return None, (
            f'the scale cannot be measured: {len(found)} images show '
            f'{len(rims)} rims of red cells in {images} of them, and at least '
            f'{LEAST_RIMS} in {LEAST_RIM_IMAGES} are needed'
        )
    mode = _mode(diameter, span)
    alike = (diameter > LEAST_TO_MODE * mode) & (
        diameter < MOST_TO_MODE * mode
    )
    agreeing = span[alike].sum() / span.sum()
    images = np.unique(image[alike]).size
    if agreeing < LEAST_AGREEING or images < LEAST_RIM_IMAGES:
        return None, (
            'the scale cannot be measured: what may be red cells has no usual '
            f'size, as {100 * agreeing:.0f} % of it in {images} images are '
            'near the commonest'
        )
    diameter, span = diameter[alike], span[alike]
    usual = _weighted_median(diameter, span)
    off = _weighted_median(np.abs(diameter - usual), span)
    return (
        Scale(
            round(usual, 2), round(1.4826 * off, 2), int(alike.sum()), images
        ),
        '',
    )


def _mode(values: np.ndarray, weights: np.ndarray) -> float:
    """The commonest value, each looked at by a window of its own size."""
    logs = np.log(values)
    apart = (logs[:, None] - logs[None]) / WINDOW
    density = np.exp(-0.5 * apart**2) @ weights
    return float(values[density.argmax()])


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _colours(found: list[Measurement]) -> tuple[Colours | None, str]:
    seen = np.array([m.colours for m in found if m.colours is not None])
    if _are_few(len(seen), len(found)):
        return None, (
            f'the colours cannot be measured: {len(seen)} of {len(found)} '
            'images show background, red cells and nuclei, and at least '
            f'{_NEEDED} are needed'
        )
    usual, spread = _usual(seen)
    background, red_cells, nuclei = map(_triple, usual)
    off_background, off_red_cells, off_nuclei = map(_triple, spread)
    return (
        Colours(
            background,
            red_cells,
            nuclei,
            (off_background, off_red_cells, off_nuclei),
            len(seen),
        ),
        '',
    )


def _cytoplasm(found: list[Measurement]) -> tuple[Cytoplasm | None, str]:
    seen = [m.cytoplasm for m in found if m.cytoplasm is not None]
    if _are_few(len(seen), len(found)):
        return None, (
            f'the cytoplasm cannot be measured: {len(seen)} of {len(found)} '
            'images show it with background and nuclei, and at least '
            f'{_NEEDED} are needed'
        )
    background, nuclei = (
        _triple(np.median(values, axis=0))
        for values in (
            [one.background for one in seen],
            [one.nuclei for one in seen],
        )
    )
    depths = np.array([_depth(one) for one in seen])
    depth, (_, spread) = np.quantile(depths, 0.25), _usual(depths)
    if not (
        0.001 <= depth <= 0.999
        and all(b < n for b, n in zip(background, nuclei, strict=True))
    ):
        return None, (
            'the cytoplasm cannot be measured: what may be nuclei is not '
            'darker than the rest in each channel'
        )
    return (
        Cytoplasm(
            round(float(depth), 4),
            round(min(float(spread), 1.0), 4),
            background,
            nuclei,
            len(seen),
        ),
        '',
    )


def _depth(seen: CytoplasmReference) -> float:
    """Cytoplasm's optical density as a share of the nucleus's."""
    nuclei = (seen.nuclei - seen.background).sum()
    return float((seen.cytoplasm - seen.background).sum() / max(nuclei, 1e-3))


def _are_few(seen: int, images: int) -> bool:
    return seen < max(LEAST_COLOUR_IMAGES, LEAST_COLOUR_SHARE * images)


def _usual(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and standard deviation, which some odd values leave alone."""
    usual = np.median(values, axis=0)
    return usual, 1.4826 * np.median(np.abs(values - usual), axis=0)


def _triple(values: np.ndarray) -> Triple:
    blue, green, red = values.round(4).tolist()
    return blue, green, red
