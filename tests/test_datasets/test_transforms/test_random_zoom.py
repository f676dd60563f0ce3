import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (41, 41, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomZoom', **kwargs))


def disc(radius):
    y, x = np.mgrid[-50:51, -50:51]
    inside = x**2 + y**2 <= radius**2
    return np.repeat(255 * inside[..., None], 3, 2).astype(np.uint8)


@pytest.mark.parametrize('zoom', [0.7, 1.5, 2.2])
def test_a_centred_disc_grows_with_the_factor(zoom):
    got = build().change(disc(20), 0.0, zoom)
    area = (got[..., 0] > 127).sum()
    assert abs(area / (np.pi * 400 * zoom**2) - 1) < 0.03
    y, x = np.nonzero(got[..., 0] > 127)
    assert abs(y.mean() - 50) < 0.5 and abs(x.mean() - 50) < 0.5


def test_quarter_turns_are_exact():
    assert (build().change(IMG, 90.0, 1.0) == np.rot90(IMG)).all()


def test_corners_are_mirrored_not_black():
    assert build().change(np.full_like(IMG, 200), 45.0, 1.0).min() == 200


def test_range_and_refusals():
    np.random.seed(0)
    zoom = build(zoom=(1.0, 4.0), angle=30)
    angles, factors = np.array([zoom.draw() for _ in range(900)]).T
    assert -30 <= angles.min() < -29 and 29 < angles.max() <= 30
    assert 1 <= factors.min() < 1.02 and 3.9 < factors.max() <= 4
    assert 0.45 < (factors < 2).mean() < 0.55  # even in the logarithm
    for kwargs in (
        dict(zoom=(2.0, 1.0)),
        dict(zoom=(0.0, 1.0)),
        dict(angle=200),
    ):
        with pytest.raises(InputError, match='RandomZoom'):
            build(**kwargs)
