"""Markers: the lobes of nuclei, and which of them form one nucleus."""

from collections.abc import Collection
from itertools import combinations

import cv2
import numpy as np

from .morphology import (
    dilated,
    distance_inside,
    equivalent_diameter,
    filled,
    label,
    opened,
)
from .stains import Stains
from .thresholds import otsu_threshold

#: Below this concentration of azure no pixel is of a nucleus.
LEAST_AZURE = 0.25
#: What a nucleus has at least of azure times hue. Red cells, however thick,
#: stay below 0.3 on real slides, the palest nuclei that were seen reach 0.55.
LEAST_EVIDENCE = 0.35
#: Lobes part where the nucleus narrows to this share of the lobe's width.
NECK = 0.7
#: Two lobes belong together if this share of what lies between is cytoplasm.
CYTOPLASM_BETWEEN = 0.65
#: Outlines no more than this many pixels apart touch.
CONTACT = 3
#: More lobes than this are stain deposits, and are left as they are.
MOST_LOBES = 400


def nuclear_mask(
    stains: Stains, radius: float, growth: float | None = None
) -> np.ndarray:
    """Find the nuclei, by binarisation and opening.

    The threshold is Otsu's among the pixels with any azure, which are few in
    a field full of red cells. One very dark nucleus must not hide pale ones.

    Args:
        stains (Stains): The stain concentrations.
        radius (float): What a disc of this radius does not fit in is none,
            in pixels.
        growth (float, optional): Also fill holes before the opening and grow
            what is left by this radius after it, as Chen et al. 2022 say.
            Defaults to None: neither.

    Returns:
        np.ndarray: bool of shape (H, W).
    """
    azure = stains.azure
    some = azure[azure > LEAST_AZURE]
    if some.size < 10:
        return np.zeros(azure.shape, bool)
    threshold = min(otsu_threshold(some), 0.6 * np.percentile(some, 98))
    mask = azure > max(threshold, LEAST_AZURE)
    if growth is not None:
        mask = filled(mask)
    mask = opened(mask, radius)
    if growth is not None:
        mask = dilated(mask, growth)
    parts = label(mask)
    area = np.maximum(np.bincount(parts.ravel()), 1)
    evidence = np.bincount(parts.ravel(), (azure * stains.hue).ravel()) / area
    return mask & (evidence > LEAST_EVIDENCE)[parts]


def split_lobes(mask: np.ndarray) -> np.ndarray:
    """Cut nuclei at their necks, by a watershed of the distance transform.

    Args:
        mask (np.ndarray): The nuclei, bool of shape (H, W).

    Returns:
        np.ndarray: A number for each lobe from 1, 0 elsewhere; int32.
    """
    from skimage.morphology import reconstruction
    from skimage.segmentation import watershed

    depth = cv2.GaussianBlur(distance_inside(mask), (0, 0), 1)
    # Morphological reconstruction: a peak counts if the way to any higher
    # one leads through a neck.
    lowered = NECK * depth - 0.5
    base = reconstruction(lowered, depth)
    peaks = label((base <= lowered + 1e-3) & mask)
    return watershed(-depth, peaks, mask=mask).astype(np.int32)


class LobeGroups:
    """Which lobes form one nucleus: those with nothing but cytoplasm between.

    Between two cells there is glass or a red cell, and where they touch, the
    wedges beside the contact. Lobes are joined pair by pair, the surest
    first.

    Args:
        lobes (np.ndarray): Numbered lobes, of shape (H, W).
        cytoplasm (np.ndarray): Where cytoplasm may be: neither glass nor a
            red cell; bool of shape (H, W).
        largest (float): Diameter in pixels of a disc as large as the largest
            possible nucleus.
        whole (float): The same for the largest lobe. Two that are larger and
            do not touch are nuclei of their own.
        alone (Collection[int]): Lobes that are joined with none: what a window
            shows of a nucleus outside. Defaults to none.
    """

    def __init__(
        self,
        lobes: np.ndarray,
        cytoplasm: np.ndarray,
        largest: float,
        whole: float,
        alone: Collection[int] = (),
    ) -> None:
        self._labels = lobes.copy()
        self._cytoplasm = cytoplasm
        self._largest = largest
        self._whole = whole
        self._alone = alone
        numbers = np.unique(lobes[lobes > 0]).tolist()
        self._outline = {n: self._trace(n) for n in numbers}
        self._area = dict(
            zip(
                numbers,
                np.bincount(lobes.ravel())[numbers].tolist(),
                strict=True,
            )
        )

    def join(self) -> np.ndarray:
        """Join the lobes.

        Returns:
            np.ndarray: A number for each nucleus from 1, 0 elsewhere.
        """
        scores = {}
        if len(self._area) <= MOST_LOBES:
            scores = {
                (i, j): self._score(i, j)
                for i, j in combinations(self._area, 2)
            }
        while scores:
            (i, j), best = max(scores.items(), key=lambda item: item[1])
            if best < CYTOPLASM_BETWEEN:
                break
            self._merge(i, j)
            scores = {
                pair: score
                for pair, score in scores.items()
                if not {i, j} & set(pair)
            }
            scores.update(
                {
                    (min(i, k), max(i, k)): self._score(i, k)
                    for k in self._area
                    if k != i
                }
            )
        return (
            np.unique(self._labels, return_inverse=True)[1]
            .reshape(self._labels.shape)
            .astype(np.int32)
        )

    def _trace(self, number: int) -> np.ndarray:
        contours, _ = cv2.findContours(
            (self._labels == number).astype(np.uint8),
            cv2.RETR_EXTERNAL,
            cv2.CHAIN_APPROX_NONE,
        )
        return np.concatenate(contours)[:, 0]

    def _merge(self, i: int, j: int) -> None:
        self._labels[self._labels == j] = i
        self._area[i] += self._area.pop(j)
        self._outline[i] = np.concatenate(
            [self._outline[i], self._outline.pop(j)]
        )

    def _score(self, i: int, j: int) -> float:
        if i in self._alone or j in self._alone:
            return 0
        area = self._area[i] + self._area[j]
        if equivalent_diameter(area) > self._largest:
            return 0
        reach = 1.2 * equivalent_diameter(max(self._area[i], self._area[j]))
        ours, theirs = self._outline[i], self._outline[j]
        apart = np.maximum(
            ours.min(axis=0) - theirs.max(axis=0),
            theirs.min(axis=0) - ours.max(axis=0),
        )
        if apart.max() > reach:
            return 0
        gaps = ours[::2, None].astype(np.float32) - theirs[None, ::2]
        gap = np.sqrt((gaps**2).sum(axis=-1).min())
        smaller = equivalent_diameter(min(self._area[i], self._area[j]))
        if gap > reach or (gap > CONTACT and smaller > self._whole):
            return 0

        both = np.concatenate([ours, theirs])
        left, top = both.min(axis=0)
        right, bottom = both.max(axis=0) + 1
        hull = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(hull, cv2.convexHull(both - (left, top)), 1)
        window = slice(top, bottom), slice(left, right)
        between = (hull > 0) & (self._labels[window] == 0)
        # Nothing to see between two halves of one round nucleus.
        if between.sum() < 0.03 * area:
            return 1
        return self._cytoplasm[window][between].mean()
