"""Smooth random textures, made once and cut out at random places."""

from functools import lru_cache

import cv2
import numpy as np

#: Grain of each texture as a share of the image's width, and its seed.
GRAINS = {'fine': 0.007, 'medium': 0.014, 'coarse': 0.045, 'broad': 0.2}


@lru_cache(maxsize=32)
def _sheet(grain: str, image_size: int) -> np.ndarray:
    # Making noise costs more than all the painting, so a sheet is made once
    # per process, twice as large as the image. Its seed is fixed: which
    # process makes it, and when, changes nothing.
    number = list(GRAINS).index(grain)
    rng = np.random.default_rng([number, image_size])
    size = 2 * image_size + 1
    white = rng.standard_normal((size, size), dtype=np.float32)
    noise: np.ndarray = cv2.GaussianBlur(
        white, (0, 0), GRAINS[grain] * image_size
    )
    noise -= noise.mean()
    noise /= noise.std()
    return noise


@lru_cache(maxsize=4)
def _grain_of_camera(image_size: int) -> np.ndarray:
    size = 2 * image_size + 1
    rng = np.random.default_rng([len(GRAINS), image_size])
    return rng.standard_normal((size, size, 3), dtype=np.float32)


def _cut(sheet: np.ndarray, size: int, rng: np.random.Generator):
    # One draw of four numbers: a call costs more than what it draws.
    down, across, flip_y, flip_x = rng.random(4).tolist()
    room = len(sheet) - size + 1
    top, left = int(down * room), int(across * room)
    step_y, step_x = (1 if flip < 0.5 else -1 for flip in (flip_y, flip_x))
    return sheet[top : top + size, left : left + size][::step_y, ::step_x]


def texture(
    grain: str, image_size: int, rng: np.random.Generator
) -> np.ndarray:
    """Cut a random piece, and flip it, from a texture of ``GRAINS``.

    It is float32 of shape (image_size, image_size), of about zero mean and
    unit standard deviation; a view, not to be written to.
    """
    return _cut(_sheet(grain, image_size), image_size, rng)


def camera_noise(image_size: int, rng: np.random.Generator) -> np.ndarray:
    """Cut white noise for three colour channels, as :func:`texture` does."""
    return _cut(_grain_of_camera(image_size), image_size, rng)
