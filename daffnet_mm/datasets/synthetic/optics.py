"""From stain concentrations to a photograph."""

import cv2
import numpy as np

from .laboratories import Laboratory
from .slide import Slide
from .texture import camera_noise, texture


def photograph(slide: Slide, laboratory: Laboratory) -> np.ndarray:
    """Shine light through a slide, and take its picture.

    Stain strength and hue, the light's colour and evenness, focus and
    camera noise vary from image to image around the laboratory's usual. The
    picture is BGR, uint8 of shape (size, size, 3).
    """
    rng, size = slide.rng, slide.size

    # Beer-Lambert: the stains' optical densities add up, and light fades
    # exponentially. The staining time moves all stains, its pH each one.
    spread = laboratory.stain_spread
    densities = np.array(laboratory.stains)
    time = 0.6 * spread * rng.standard_normal()
    strength = np.exp(time + spread * rng.standard_normal((4, 1)))
    hue = np.exp(0.06 * rng.standard_normal((4, 3)))
    densities = (densities * strength * hue).astype(np.float32)
    absorbed = slide.stains.reshape(4, -1).T @ densities

    light = np.array(laboratory.background)
    # A lamp is warmer or colder, hardly ever greener.
    warmth = 0.035 * rng.standard_normal() * np.array((-1, 0, 1))
    light = light * np.exp(warmth + 0.02 * rng.standard_normal(3))
    light = np.minimum(light * rng.uniform(0.80, 1.05), 255)
    picture = np.exp(-absorbed).reshape(size, size, 3)
    picture *= light.astype(np.float32)

    # The condenser is never quite centred: a gentle slope of brightness.
    slope = rng.uniform(-0.06, 0.06, size=2)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    across, down = slope.astype(np.float32)
    shade = 1 + across * ramp + down * ramp[:, None]
    shade += 0.012 * texture('broad', size, rng)
    picture *= shade[..., None]

    blur = rng.uniform(*laboratory.focus) * size / 128
    picture = cv2.GaussianBlur(picture, (0, 0), blur)
    noise = np.float32(rng.uniform(*laboratory.noise))
    picture += noise * camera_noise(size, rng)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
