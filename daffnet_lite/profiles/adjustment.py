"""What a laboratory's profile has done to its images."""

import numpy as np

from daffnet_lite.errors import InputError

from .colour_map import ColourMap
from .profile import Colours, Cytoplasm, Profile
from .stain_curve import StainCurve

#: What may become of the colours: mapped where that is to be trusted, mapped
#: whatever is found (each channel by itself, or all three together), or left.
COLOURS = ('trusted', 'diagonal', 'full', 'left')

#: Within this share of home's scale a laboratory is at home: two samples of
#: one laboratory differ by some percent.
SAME_SCALE = 0.05
#: A laboratory whose colours are as near to home's as this, on average over
#: the three, in optical density, has the same: single types of cells, whose
#: nuclei differ, differ by less.
SAME_COLOURS = 0.2
#: Colours are mapped where nuclei stand out from the background by less than
#: this share of what they do at home. A network that was trained on varied
#: colours knows stronger stains better than the map does: see docs/results.md.
PALE = 0.6
#: The colours must be off by this many standard deviations between images.
#: Below, one map for all would carry many an image away from home.
LEAST_SHIFT = 2.5
#: Cytoplasm that is deeper than home's by less, as a power of its depth, is
#: left: two samples of one laboratory, or of other cells, differ by as much.
LEAST_POWER = 1.15
#: A power that costs home's cells less than a point, if it is applied where
#: it should not be: see configs/daffnet/README.md.
MOST_POWER = 1.5
#: Nuclei's least optical density over the background's, in each channel: by
#: less, red cells, which are darker there, would be bent out of all measure.
LEAST_NUCLEI = 0.1


class Adjustment:
    """How images of a laboratory are made to look as if they were from home.

    Args:
        here (Profile): The laboratory's.
        home (Profile): That of the laboratory that a model was trained in.
        scale (bool): Whether the scale is adjusted. Defaults to True.
        colours (str): One of ``COLOURS``. Defaults to ``'trusted'``.
        cytoplasm (bool): Whether cytoplasm that is stained deeper than home's
            is made paler. Defaults to True.

    Raises:
        InputError: If ``colours`` is none of these.
    """

    def __init__(
        self,
        here: Profile,
        home: Profile,
        scale: bool = True,
        colours: str = 'trusted',
        cytoplasm: bool = True,
    ) -> None:
        if colours not in COLOURS:
            raise InputError(
                f'colours={colours!r} must be one of {", ".join(COLOURS)}'
            )
        self._side = home.side
        #: The red cells' size, relative to home's; None: not known.
        self.magnification: float | None = None
        #: Side in pixels of a square that shows as much as home's images
        #: do; None: not known, or not to be adjusted.
        self.window: int | None = None
        #: None: the colours stay.
        self.colour_map: ColourMap | None = None
        #: None: the cytoplasm stays, beside the rest of the cell.
        self.stain_curve: StainCurve | None = None
        #: What is done, what is not, and why.
        self.remarks: list[str] = list(here.refused)
        if scale and here.scale is not None and home.scale is not None:
            self._set_scale(here, here.scale.red_cell, home.scale.red_cell)
        at_home = False
        if here.colours is not None and home.colours is not None:
            shift = colour_distance(here.colours, home.colours)
            at_home = shift < SAME_COLOURS
            if colours == 'trusted' and not at_home:
                self._set_colours(here.colours, home.colours, shift)
            elif colours in ('diagonal', 'full'):
                self.colour_map = ColourMap(
                    here.colours, home.colours, full=colours == 'full'
                )
        # At home, deep cytoplasm is that of the cells: of eosinophils, say.
        if cytoplasm and not at_home and here.cytoplasm and home.cytoplasm:
            self._set_stain(here.cytoplasm, home.cytoplasm)

    def view(self, share: float) -> float | None:
        """How much of an image shows what a share of home's images shows.

        Args:
            share (float): The share of home's short edge.

        Returns:
            float | None: A number of pixels of the file; None where the
            laboratory's scale is not known, or is home's.
        """
        if self.magnification is None:
            return None
        return share * self._side * self.magnification

    def _set_scale(
        self, here: Profile, red_cell: float, wanted: float
    ) -> None:
        ratio = red_cell / wanted
        self.window = round(self._side * ratio)
        same_side = abs(here.side / self._side - 1) < SAME_SCALE
        if same_side and abs(ratio - 1) < SAME_SCALE:
            return
        self.magnification = ratio
        self.remarks.append(
            f'red cells measure {red_cell:.1f} pixels, and {wanted:.1f} where '
            'the model was trained: all images are cut to one scale'
        )

    def _set_stain(self, here: Cytoplasm, home: Cytoplasm) -> None:
        power = float(np.log(home.depth) / np.log(here.depth))
        if power < LEAST_POWER:
            return
        background, nuclei = (
            np.array(three) for three in (here.background, here.nuclei)
        )
        if self.colour_map is not None:
            background, nuclei = map(self.colour_map.of, (background, nuclei))
        if (nuclei - background).min() < LEAST_NUCLEI:
            self.remarks.append(
                'the cytoplasm stays as it is, as nuclei are hardly darker '
                'than the background in one channel'
            )
            return
        power = min(power, MOST_POWER)
        self.remarks.append(
            f"cytoplasm has {100 * here.depth:.0f} % of the nuclei's stain in "
            f'the palest quarter of the images, and {100 * home.depth:.0f} % '
            f'where the model was trained: it is made paler (power '
            f'{power:.2f})'
        )
        self.stain_curve = StainCurve(
            255 * np.exp(-background), 255 * np.exp(-nuclei), power
        )

    def _set_colours(self, here: Colours, home: Colours, shift: float) -> None:
        spread = _size(np.array(here.spread))
        contrast = _contrast(here) / _contrast(home)
        reason = ''
        if contrast > PALE:
            reason = 'a map is trusted where nuclei are much paler only'
        elif shift < LEAST_SHIFT * spread:
            reason = f'they differ by {spread:.2f} between the images'
        self.remarks.append(
            f'the colours, off by {shift:.2f} (optical density; nuclei '
            f'{100 * contrast:.0f} % as strong), '
            + (
                f'stay as they are, as {reason}'
                if reason
                else 'are mapped to those where the model was trained'
            )
        )
        if not reason:
            self.colour_map = ColourMap(here, home)


def colour_distance(one: Colours, other: Colours) -> float:
    """How far the colours of two laboratories are from each other.

    Args:
        one (Colours): One laboratory's.
        other (Colours): The other's.

    Returns:
        float: The usual length, in optical density, of the differences of
        background, red cells and nuclei.
    """
    return _size(_three(one) - _three(other))


def _contrast(colours: Colours) -> float:
    """How far nuclei are from the background."""
    return float(
        np.linalg.norm(np.subtract(colours.nuclei, colours.background))
    )


def _three(colours: Colours) -> np.ndarray:
    return np.array([colours.background, colours.red_cells, colours.nuclei])


def _size(differences: np.ndarray) -> float:
    """The usual length of three differences of colour."""
    return float(np.sqrt((differences**2).sum(axis=-1).mean()))
