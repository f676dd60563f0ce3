"""Pale parts of a cell made paler, or darker, beside its dark ones."""

import cv2
import numpy as np

#: What is added to densities, as shares of the nucleus's: of what pixels of
#: the background differ by, powers below 1 would make clouds.
_FOOT = 0.05


class StainCurve:
    """Bend optical densities between the background and the nucleus.

    A density over the background's, as a share of the nucleus's, is raised to
    a power: these two stay as they are, and cytoplasm comes nearer to the
    background (above 1) or to the nucleus (below). A gamma, or a dye's
    factor, cannot do that: it multiplies the densities of both alike.

    Args:
        background (np.ndarray): Pixel values (B, G, R) where nothing is on
            the slide.
        nucleus (np.ndarray): Those of nuclei, darker in each channel.
        powers (float | np.ndarray): The power, or one for each channel.
    """

    def __init__(
        self,
        background: np.ndarray,
        nucleus: np.ndarray,
        powers: float | np.ndarray,
    ) -> None:
        bright, dark = np.asarray(background) + 1.0, np.asarray(nucleus) + 1.0
        values = np.arange(1, 257)[:, None]
        density = np.log(bright / values) / np.log(bright / dark)
        raised = np.maximum(density, 0) + _FOOT
        bent = (raised**powers - _FOOT**powers) / (
            (1 + _FOOT) ** powers - _FOOT**powers
        )
        # What is brighter than the background stays.
        bent = np.where(density > 0, bent, density)
        table = bright * (dark / bright) ** bent - 1
        self._table = table.round().clip(0, 255).astype(np.uint8)[None]

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Bend an image.

        Args:
            image (np.ndarray): BGR, uint8, of shape (H, W, 3).

        Returns:
            np.ndarray: The same, with its cytoplasm paler or darker.
        """
        return cv2.LUT(image, self._table)
