"""Pictures with as much structure as cells have, each unlike the others."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter


def picture(seed, width=96, height=96):
    """Draw blots of all sizes; another seed gives other blots."""
    rng = np.random.default_rng(seed)
    layers = [
        gaussian_filter(rng.normal(size=(height, width, 3)), (s, s, 0)) * s
        for s in (2, 4, 8)
    ]
    values = sum(layers)
    values = 128 + 45 * (values - values.mean()) / values.std()
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def save(image, path, **options):
    """Write an image and make its folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path
