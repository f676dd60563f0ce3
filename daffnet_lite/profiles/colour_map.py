"""From a laboratory's colours to home's: a map of optical densities."""

import numpy as np

from .profile import Colours

#: A channel's contrast is changed by no more than this, either way.
MOST_GAIN = 2.0
#: How strongly the full map is drawn to leaving all as it is.
RIDGE = 0.05
#: The brightest and the darkest value whose density is told apart.
_DENSITY = np.log(255 / np.maximum(np.arange(256), 0.5)).astype(np.float32)


class ColourMap:
    """An affine map of optical densities: background goes to background.

    Args:
        here (Colours): The laboratory's.
        home (Colours): Where its images shall look as if they were from.
        full (bool): Map the three densities together, by a 3x3 matrix, not
            each by itself. Defaults to False.
        strength (float): Share of the way that is gone, from 0 to 1. Defaults
            to 1.
    """

    def __init__(
        self,
        here: Colours,
        home: Colours,
        full: bool = False,
        strength: float = 1.0,
    ) -> None:
        fit = _full if full else _diagonal
        matrix = fit(_stain(here), _stain(home))
        #: The 3x3 matrix of the map, and what is added.
        self.matrix = strength * matrix + (1 - strength) * np.eye(3)
        aim = strength * np.asarray(home.background)
        aim = aim + (1 - strength) * np.asarray(here.background)
        self.offset = aim - self.matrix @ np.asarray(here.background)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Map an image.

        Args:
            image (np.ndarray): BGR, uint8, of shape (H, W, 3).

        Returns:
            np.ndarray: The same, as it would look at home.
        """
        if np.count_nonzero(self.matrix - np.diag(self.matrix.diagonal())):
            density = _DENSITY[image] @ self.matrix.T.astype(np.float32)
            density += self.offset.astype(np.float32)
            return _light(density)
        import cv2

        density = _DENSITY[:, None] * self.matrix.diagonal() + self.offset
        return cv2.LUT(image, _light(density)[None])

    def of(self, colours: np.ndarray) -> np.ndarray:
        """Map optical densities, of shape (..., 3)."""
        return colours @ self.matrix.T + self.offset


def _light(density: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.exp(-np.maximum(density, 0))).astype(np.uint8)


def _stain(colours: Colours) -> np.ndarray:
    """Red cells' and nuclei's densities beside the background's."""
    stained = np.array([colours.red_cells, colours.nuclei])
    return stained - np.array(colours.background)


def _diagonal(here: np.ndarray, home: np.ndarray) -> np.ndarray:
    gain = (here * home).sum(axis=0) / np.maximum((here**2).sum(axis=0), 1e-4)
    return np.diag(np.clip(gain, 1 / MOST_GAIN, MOST_GAIN))


def _full(here: np.ndarray, home: np.ndarray) -> np.ndarray:
    # Two colours say nothing of a third direction: there, all stays.
    inner = here.T @ here + RIDGE * np.eye(3)
    change = np.linalg.solve(inner, here.T @ (home - here)).T
    left, size, right = np.linalg.svd(np.eye(3) + change)
    return (left * np.clip(size, 1 / MOST_GAIN, MOST_GAIN)) @ right
