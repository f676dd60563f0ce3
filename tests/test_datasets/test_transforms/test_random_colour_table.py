import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from scipy.interpolate import RegularGridInterpolator

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomColourTable', **kwargs))


@pytest.mark.parametrize('points', [2, 4, 9])
def test_against_scipy(points):
    moves = 0.1 * np.random.default_rng(1).normal(size=(*[points] * 3, 3))
    got = build(points=points).change(IMG, moves)
    axes = [np.linspace(0, 255, points)] * 3
    # as the lattice has it: the last channel outermost
    move = RegularGridInterpolator(axes, moves)(IMG[..., ::-1])
    wanted = np.clip(IMG + 255 * move, 0, 255)
    # Pillow computes in integers
    assert np.abs(got - wanted).max() < 1.1
    assert np.abs(got - wanted).mean() < 0.35


def test_without_moves_nothing_changes():
    table = build(strength=0.0)
    assert not table.draw()[0].any()
    same = table(dict(img=IMG))['img']
    assert np.abs(same.astype(int) - IMG).max() <= 1
    assert same.dtype == np.uint8 and same.flags.writeable


def test_one_corner_alone_moves():
    # pure red, the last channel, becomes orange; all else stays
    moves = np.zeros((2, 2, 2, 3))
    moves[1, 0, 0] = 0, 0.5, 0
    img = np.array([[[0, 0, 255], [255, 0, 0], [255, 255, 255]]], np.uint8)
    got = build(points=2).change(img, moves)[0].astype(int)
    wanted = [[0, 127, 255], [255, 0, 0], [255, 255, 255]]
    assert np.abs(got - wanted).max() <= 1


def test_ranges():
    np.random.seed(0)
    drawn = [build(strength=0.2, points=3).draw()[0] for _ in range(500)]
    assert drawn[0].shape == (3, 3, 3, 3)
    deviations = np.array([moves.std() for moves in drawn])
    # of 81 values, so that 0.2 may look like a bit more
    assert deviations.min() < 0.01 and 0.19 < deviations.max() < 0.24
    assert abs(deviations.mean() - 0.1) < 0.01
    assert abs(np.mean(drawn)) < 0.005


def test_near_colours_stay_near():
    np.random.seed(0)
    table = build(strength=0.2)
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    for _ in range(20):
        values = table.change(grey, *table.draw())[0].astype(int)
        assert np.abs(np.diff(values, axis=0)).max() < 12


@pytest.mark.parametrize('strength', [-0.1])
def test_refuses_strengths(strength):
    with pytest.raises(InputError, match='strength=-0.1 must not be below 0'):
        build(strength=strength)


@pytest.mark.parametrize('points', [1, 66, 2.5])
def test_refuses_points(points):
    with pytest.raises(
        InputError, match=f'points={points} must be a whole number from 2 to'
    ):
        build(points=points)
