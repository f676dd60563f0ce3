"""Find images that show the same picture: copies, turned, resized, re-coded.

Three steps: :func:`fingerprint` reduces every image to what is compared,
:func:`find_near_duplicates` compares, and :func:`group_images` makes of the
pairs the groups that a split must not cut.

Blood cells are alike at a glance, a dark nucleus in the middle of a bright
smear, and a perceptual hash alone takes thousands of pairs of strangers for
copies. Hence the hash only proposes pairs, in all eight orientations, and what
decides is whether the fine structure agrees: the grain of the nucleus, and the
outlines of the red cells around it.

Cells that were photographed twice, slightly shifted or in another focus, are
found as well; PBC and BCCD have some. Where two images show one cell and other
surroundings, because they were cut otherwise or the field had moved, the
windows about their cells are compared in the same way: JTSC, PBC and
Raabin-WBC have such pairs. Copies turned by other angles than a quarter are
not found.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import DecodedImage
from daffnet_lite.fileio.image_reading import read_image

from .correlation_bound import CorrelationBound
from .detail_correlation import DETAIL_SIZE, correlate, symmetries
from .similar_hashes import HASH_SIZE, SYMMETRIES, find_similar_hashes

# What is blurred by more than this, in pixels of the detail image, is the
# shape that all cells share.
DETAIL_SIGMA = 3
# Below this contrast in grey levels, detail is the noise of the coding.
MIN_CONTRAST = 1
# Copies correlate in grey by this, in any coding that leaves the cell
# recognisable (JPEG of quality 10: 0.92); other cells reach 0.85 where a round
# nucleus is all that there is to see.
COPY_CORRELATION = 0.9
# A second photograph in another focus correlates less in grey. In the mean of
# grey and colourfulness, which coding harms first but focus hardly, such pairs
# of BCCD reach 0.83 and more, other cells 0.73.
REPEAT_CORRELATION = 0.8
REPEAT_MEAN_CORRELATION = 0.78
# Windows about cells show little but a nucleus, and correlate by this if it is
# the same one: of 19,024 images of PBC, Raabin-WBC and JTSC no strangers were
# seen to (0.887 at most, round nuclei of lymphocytes).
CELL_CORRELATION = 0.9
# Side of the smallest image that a JPEG is decoded to, and where the window
# about its cell is compared, too.
DECODED_SIZE = 64
CELL_DECODED_SIZE = 160
# Candidates whose details are compared at a time: some megabytes of details.
_CANDIDATES = 1024


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is kept of an image to recognise its copies: some five kilobytes.

    Attributes:
        digest (str): SHA-256 of the size and the decoded pixels. Equal for
            files that decode to the same image, whatever their name, container
            and metadata. A JPEG file is decoded at a reduced scale, and the
            pixels are those.
        hashes (np.ndarray): Perceptual hash (``imagehash.dhash``) of the
            image's eight symmetries, packed bits: uint8 of (8, 8).
        detail (np.ndarray): The small image without its low frequencies, grey
            and colourfulness: int8 of (2, 48, 48). All 0 where there is no
            contrast; an image without any has no copies but exact ones.
    """

    digest: str
    hashes: np.ndarray
    detail: np.ndarray


class DuplicatePair(NamedTuple):
    """Two images that show the same picture.

    Attributes:
        first (str): Name of one image, the smaller by string order.
        second (str): Name of the other.
        correlation (float): How well the details agree in grey, at most 1.
        exact (bool): Whether size and decoded pixels are identical.
    """

    first: str
    second: str
    correlation: float
    exact: bool


def fingerprint(
    image: str | np.ndarray | Image.Image | DecodedImage,
    box: Sequence[float] | None = None,
) -> Fingerprint:
    """Compute an image's fingerprint.

    Args:
        image (str | np.ndarray | Image | DecodedImage): File, or array (BGR
            or grey, as MMCV reads it), or Pillow image, or what was read of
            one: for a box at full size, else of at least ``DECODED_SIZE``
            pixels. Only what is not decoded yet can be decoded at a reduced
            scale.
        box (Sequence[float], optional): x1, y1, x2, y2 in pixels; only this
            part is looked at. Defaults to None.

    Returns:
        Fingerprint: The fingerprint.

    Raises:
        InputError: If the file cannot be read or the box is empty.
    """
    # imagehash imports PyWavelets, which only this step needs.
    from imagehash import dhash

    if not isinstance(image, DecodedImage):
        image = read_image(image, DECODED_SIZE if box is None else None)
    img, (height, width), _ = image
    if box is None:
        # JPEG's own scaling rounds the size up: the true extent, a fraction
        # of a pixel less, keeps turned copies aligned.
        scale = round(height / img.shape[0])
        extent = (0, 0, width / scale, height / scale)
    else:
        x1, y1, x2, y2 = (max(round(x), 0) for x in box)
        img = np.ascontiguousarray(img[y1:y2, x1:x2])
        if not img.size:
            raise InputError(f'the box {tuple(box)} is empty')
        height, width = img.shape[:2]
        extent = (0, 0, width, height)
    size = width, height
    picture = Image.fromarray(img[..., ::-1])
    digest = hashlib.sha256(repr(size).encode())
    digest.update(img.tobytes())

    small = np.asarray(
        picture.resize(
            (DETAIL_SIZE, DETAIL_SIZE),
            Image.Resampling.LANCZOS,
            extent,
            reducing_gap=3,
        ),
        np.float32,
    )
    # Luma: JPEG keeps it better than any other mean.
    grey = small @ np.array([0.299, 0.587, 0.114], np.float32)
    colourfulness = small.max(2) - small.min(2)
    hashes = [
        dhash(Image.fromarray(turned), HASH_SIZE).hash
        for turned in symmetries(grey.astype(np.uint8))
    ]
    return Fingerprint(
        digest=digest.hexdigest(),
        hashes=np.packbits(np.reshape(hashes, (SYMMETRIES, -1)), axis=1),
        detail=np.stack(
            [_fine_structure(grey), _fine_structure(colourfulness)]
        ),
    )


def _fine_structure(channel: np.ndarray) -> np.ndarray:
    detail = channel - gaussian_filter(channel, DETAIL_SIGMA)
    detail -= detail.mean()
    if detail.std() < MIN_CONTRAST:
        return np.zeros_like(detail, dtype=np.int8)
    return np.rint(detail * (127 / np.abs(detail).max())).astype(np.int8)


def find_near_duplicates(
    fingerprints: Mapping[str, Fingerprint],
    progress: bool = True,
    cells: Mapping[str, Fingerprint] | None = None,
) -> list[DuplicatePair]:
    """Find the pairs of images that show the same picture.

    Images of equal pixels are paired with the first of them by name only, and
    the others are not compared further: :func:`group_images` restores the
    whole set.

    Args:
        fingerprints (Mapping[str, Fingerprint]): Fingerprints by image name.
        progress (bool): Show a progress bar. Defaults to True.
        cells (Mapping[str, Fingerprint], optional): Those of the windows about
            the cells of some of the images, which are paired by these, too.
            Defaults to None.

    Returns:
        list[DuplicatePair]: The pairs, in order of their names.
    """
    pairs = _find_pairs(
        fingerprints, progress, REPEAT_CORRELATION, _is_same_picture
    )
    if cells:
        known = {pair[:2] for pair in pairs}
        pairs += [
            pair._replace(exact=False)
            for pair in _find_pairs(cells, progress, CELL_CORRELATION)
            if pair[:2] not in known
        ]
    return sorted(pairs)


def _find_pairs(
    fingerprints: Mapping[str, Fingerprint],
    progress: bool,
    least: float,
    is_same: Callable[..., np.ndarray] | None = None,
) -> list[DuplicatePair]:
    """Find the pairs that correlate by so much in grey, and are the same."""
    names = sorted(fingerprints)
    digests = np.array([fingerprints[name].digest for name in names], 'S64')
    _, first, inverse = np.unique(
        digests, return_index=True, return_inverse=True
    )
    first_of = first[inverse.ravel()]
    (copies,) = (first_of != np.arange(len(names))).nonzero()
    pairs = [
        DuplicatePair(names[first_of[copy]], names[copy], 1.0, True)
        for copy in copies
    ]
    names = [names[place] for place in np.sort(first)]
    hashes = np.zeros((len(names), SYMMETRIES, HASH_SIZE), np.uint8)
    # Not those without contrast, which have no copies but exact ones.
    compared: list[str] = []
    for name in names:
        if fingerprints[name].detail[0].any():
            hashes[len(compared)] = fingerprints[name].hashes
            compared.append(name)
    best: dict[tuple[int, int], float] = {}
    bound = CorrelationBound(
        (fingerprints[name].detail[0] for name in compared), len(compared)
    )
    for similar in find_similar_hashes(hashes[: len(compared)], progress):
        likely = bound.likely(similar, least)
        for start in range(0, len(likely), _CANDIDATES):
            some = likely[start : start + _CANDIDATES]
            rows, places = np.unique(some[:, :2], return_inverse=True)
            details = np.stack(
                [fingerprints[compared[row]].detail for row in rows]
            )
            some[:, :2] = places.reshape(-1, 2)
            grey = correlate(details[:, 0], some)
            same = grey >= least
            if is_same is not None:
                same = is_same(details, some, grey)
            for (i, j, _), correlation in zip(
                some[same].tolist(), grey[same].tolist(), strict=True
            ):
                pair = int(rows[i]), int(rows[j])
                best[pair] = max(correlation, best.get(pair, 0))
    pairs += [
        DuplicatePair(compared[i], compared[j], round(correlation, 4), False)
        for (i, j), correlation in best.items()
    ]
    return pairs


def _is_same_picture(
    details: np.ndarray, candidates: np.ndarray, grey: np.ndarray
) -> np.ndarray:
    """Decide which candidates are copies, or one cell photographed twice.

    Args:
        details (np.ndarray): Details of (N, 2, 48, 48).
        candidates (np.ndarray): Rows of i, j and the symmetry of j, (P, 3).
        grey (np.ndarray): How well their details agree in grey, (P, ).

    Returns:
        np.ndarray: Which of them, bool of (P, ).
    """
    same = np.zeros(len(grey), bool)
    (alike,) = (grey >= REPEAT_CORRELATION).nonzero()
    colourful = correlate(details[:, 1], candidates[alike])
    mean = (grey[alike] + colourful) / 2
    same[alike] = (grey[alike] >= COPY_CORRELATION) | (
        mean >= REPEAT_MEAN_CORRELATION
    )
    return same


def group_images(
    pairs: Iterable[tuple],
    names: Iterable[str],
    groups: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Join images that must stay together.

    Args:
        pairs (Iterable[tuple]): Pairs of names (the first two entries
            of each).
        names (Iterable[str]): All images.
        groups (Mapping[str, str], optional): Groups that the images have
            already, such as the source of an augmented copy; they are joined,
            never cut. Defaults to None: every image is its own.

    Returns:
        dict[str, str]: The group of each image, named after its first image
        by string order.
    """
    names = sorted(names)
    index = {name: i for i, name in enumerate(names)}
    links = [(index[pair[0]], index[pair[1]]) for pair in pairs]
    if groups is not None:
        first_of: dict[str, int] = {}
        links += [
            (first_of.setdefault(groups[name], i), i)
            for name, i in index.items()
        ]
    rows, columns = np.array(links, int).reshape(-1, 2).T
    graph = coo_array(
        (np.ones(len(rows), bool), (rows, columns)),
        shape=(len(names), len(names)),
    )
    components = connected_components(graph, directed=False)[1]
    first_name: dict[int, str] = {}
    return {
        name: first_name.setdefault(component, name)
        for name, component in zip(names, components.tolist(), strict=True)
    }
