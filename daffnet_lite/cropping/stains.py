"""How much light each stain takes away, pixel by pixel."""

from dataclasses import dataclass

import cv2
import numpy as np

from .thresholds import otsu_threshold

#: Optical densities (B, G, R) of the two colours of a Romanowsky-stained
#: smear: the nuclei's azure and the red of eosin and haemoglobin. Relative
#: values; the directions alone count.
AZURE = (0.15, 0.78, 0.60)
RED = (0.74, 0.60, 0.30)
#: Below this grey level a camera's noise is larger than its signal.
DARKEST = 8
#: Least optical density that can be told from glass.
LEAST_LEVEL = 0.05
#: No stain takes away this much light of all three colours.
OPAQUE = 2.0


def _unmixing_matrix() -> np.ndarray:
    azure = np.array(AZURE) / np.linalg.norm(AZURE)
    red = np.array(RED) / np.linalg.norm(RED)
    rest = np.cross(azure, red)
    mixing = np.stack([azure, red, rest / np.linalg.norm(rest)])
    return np.linalg.inv(mixing).astype(np.float32)


_UNMIX = _unmixing_matrix()


@dataclass
class Stains:
    """An image as stain concentrations.

    Args:
        density (np.ndarray): Optical density relative to the glass (natural
            logarithm), float32 of shape (H, W, 3), in the order B, G, R.
        azure (np.ndarray): Concentration of the nuclear stain, (H, W); 0
            where it is black.
        red (np.ndarray): Concentration of eosin and haemoglobin, (H, W).
        total (np.ndarray): Length of the density vector, (H, W): how far a
            pixel's colour is from empty glass; 0 where it is black.
        hue (np.ndarray): Azure's share, (H, W): about 0 in a red cell and 1
            in a nucleus; drawn to 0 where there is hardly any stain.
    """

    density: np.ndarray
    azure: np.ndarray
    red: np.ndarray
    total: np.ndarray
    hue: np.ndarray


class Glass:
    """The light that comes through the empty parts of a slide.

    Its colour is what nine tenths of the pixels stay below; its shading, from
    a lamp that is off centre, is a quadratic surface through the unstained
    pixels.

    Args:
        image (np.ndarray): The reduced image, uint8 of shape (h, w, 3), BGR.
        even (bool): Take the light for even, which saves most of the time and
            costs little where one cell fills the view. Defaults to False.
    """

    def __init__(self, image: np.ndarray, even: bool = False) -> None:
        smooth = cv2.GaussianBlur(image, (0, 0), 1.5).astype(np.float32)
        green = smooth[..., 1]
        brightest = smooth[green >= np.percentile(green, 90)]
        self._log_colour = np.log(
            np.maximum(np.median(brightest, axis=0), DARKEST)
        )
        self._surface: np.ndarray | None = None
        if not even:
            self._fit_shading(smooth)

    def log_light(self, shape: tuple) -> np.ndarray:
        """The logarithm of the light at each pixel of an image.

        Args:
            shape (tuple): Height and width of the image.

        Returns:
            np.ndarray: float32 of shape (H, W, 3), or (3, ) where the light
            is even.
        """
        if self._surface is None:
            return self._log_colour.astype(np.float32)
        light = _quadratic_terms(shape) @ self._surface
        return np.clip(light, *self._range).astype(np.float32)

    def _fit_shading(self, smooth: np.ndarray) -> None:
        log_image = np.log(np.maximum(smooth, DARKEST))
        log_light = self._log_colour
        terms = _quadratic_terms(smooth.shape[:2])
        for _ in range(2):
            distance = np.linalg.norm(log_image - log_light, axis=-1)
            empty = distance < _first_valley(distance)
            empty = cv2.erode(empty.astype(np.uint8), np.ones((5, 5))) > 0
            # A close-up shows too little glass to see any shading.
            if empty.mean() < 0.2:
                return
            self._surface = np.linalg.lstsq(
                terms[empty], log_image[empty], rcond=None
            )[0]
            # Never beyond what was seen, where the surface extrapolates.
            self._range = np.percentile(log_image[empty], (1, 99), axis=0)
            log_light = np.clip(terms @ self._surface, *self._range)


def _quadratic_terms(shape: tuple) -> np.ndarray:
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    y, x = np.meshgrid(y, x, indexing='ij')
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _first_valley(distance: np.ndarray) -> float:
    """The distance that parts glass from stain: Otsu's, not led by nuclei."""
    threshold = otsu_threshold(np.minimum(distance, 0.6))
    stained = distance[distance > threshold]
    if stained.size:
        threshold = otsu_threshold(np.minimum(distance, np.median(stained)))
    return max(float(threshold), LEAST_LEVEL)


def separate_stains(image: np.ndarray, glass: Glass) -> Stains:
    """Deconvolve an image's colours (Ruifrok and Johnston, 2001).

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.
        glass (Glass): The slide's empty parts.

    Returns:
        Stains: The concentrations.
    """
    smooth = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1.0)
    light = glass.log_light(image.shape[:2])
    density = light - np.log(np.maximum(smooth, DARKEST))
    azure, red, _ = np.moveaxis(density @ _UNMIX, -1, 0)
    total = np.linalg.norm(density, axis=-1)
    # Pen marks, and what surrounds a round field of view, are no stain.
    opaque = density.min(axis=-1) > OPAQUE
    azure, total = (np.where(opaque, 0, plane) for plane in (azure, total))
    positive = np.maximum(azure, 0)
    hue = positive / (positive + np.maximum(red, 0) + 0.05)
    return Stains(density, azure, red, total, hue)
