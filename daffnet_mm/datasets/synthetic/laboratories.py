"""How two laboratories' slides differ: stain, microscope and camera."""

from dataclasses import dataclass

from daffnet_lite.errors import InputError


@dataclass(frozen=True)
class Laboratory:
    """A laboratory's usual slide, around which each image varies.

    An optical density is the natural logarithm of the share of light that a
    stain of unit concentration takes away (Beer-Lambert), for blue, green
    and red light. Concentration 1 is: densely packed chromatin for azure,
    an eosinophil's granule for eosin, a red cell's rim for haemoglobin.

    Args:
        azure (tuple[float]): Optical density of the nuclear stain (BGR).
        methylene_blue (tuple[float]): That of the stain that makes
            cytoplasm blue (BGR).
        eosin (tuple[float]): That of the stain that makes granules pink or
            red (BGR).
        haemoglobin (tuple[float]): That of a stained red cell (BGR).
        background (tuple[float]): The colour of empty glass, 0 to 255 (BGR).
        magnification (float): Scale of everything on the slide relative to
            the first laboratory.
        stain_spread (float): Standard deviation of the logarithm of each
            stain's strength, from slide to slide.
        focus (tuple[float]): Least and most blur, as a standard deviation in
            pixels of an image 128 wide.
        noise (tuple[float]): Least and most camera noise, as a standard
            deviation in grey levels.
    """

    azure: tuple
    methylene_blue: tuple
    eosin: tuple
    haemoglobin: tuple
    background: tuple
    magnification: float
    stain_spread: float
    focus: tuple
    noise: tuple

    @property
    def stains(self) -> tuple:
        """The four stains, in the order of a slide's concentration planes."""
        return self.azure, self.methylene_blue, self.eosin, self.haemoglobin


#: Plane numbers of a slide's stain concentrations.
AZURE, METHYLENE_BLUE, EOSIN, HAEMOGLOBIN = range(4)

LABORATORIES = {
    # Warm light and purple-blue nuclei.
    'a': Laboratory(
        azure=(0.62, 1.85, 1.42),
        methylene_blue=(0.16, 0.62, 1.02),
        eosin=(0.78, 0.92, 0.28),
        haemoglobin=(0.24, 0.33, 0.23),
        background=(205, 229, 250),
        magnification=1.0,
        stain_spread=0.13,
        focus=(0.25, 0.75),
        noise=(1.0, 4.0),
    ),
    # Cold light, a redder nuclear stain at another pH, a weaker objective
    # and an older camera.
    'b': Laboratory(
        azure=(0.55, 1.65, 0.98),
        methylene_blue=(0.12, 0.50, 0.78),
        eosin=(0.52, 0.82, 0.16),
        haemoglobin=(0.40, 0.44, 0.15),
        background=(238, 226, 219),
        magnification=0.92,
        stain_spread=0.15,
        focus=(0.35, 0.85),
        noise=(3.0, 7.0),
    ),
}


def get_laboratory(name: str) -> Laboratory:
    """Look a laboratory up by its name, and refuse an unknown one."""
    if name not in LABORATORIES:
        raise InputError(
            f'There is no synthetic laboratory {name!r}; choose '
            f'one of {", ".join(map(repr, LABORATORIES))}.'
        )
    return LABORATORIES[name]
