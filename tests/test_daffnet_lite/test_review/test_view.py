"""What is measured in an image, on cells of known size."""

import cv2
import numpy as np
import pytest

from daffnet_lite.review import look_at
from daffnet_mm.datasets import SyntheticWBC

GLASS = (232, 236, 240)
RED_CELL = (150, 140, 205)
CYTOPLASM = (225, 190, 195)
NUCLEUS = (140, 50, 90)


def smear(side=180, nuclei=(), red_cells=(), scale=1):
    """Paint discs, in shares of the side: (x, y, radius of the nucleus)."""
    image = np.full((side, side, 3), GLASS, np.uint8)

    def disc(x, y, radius, colour):
        centre = round(x * side), round(y * side)
        cv2.circle(image, centre, round(radius * side), colour, -1)

    for x, y in red_cells:
        disc(x, y, 0.09, RED_CELL)
    for x, y, radius in nuclei:
        disc(x, y, 1.5 * radius, CYTOPLASM)
    for x, y, radius in nuclei:
        disc(x, y, radius, NUCLEUS)
    return cv2.GaussianBlur(image, (0, 0), 0.006 * side)


RIM = [(0.1, 0.1), (0.1, 0.5), (0.1, 0.9), (0.9, 0.1), (0.9, 0.5), (0.9, 0.9)]


@pytest.mark.parametrize('radius', [0.1, 0.15, 0.2])
def test_size_of_the_nucleus(radius):
    view = look_at(smear(nuclei=[(0.5, 0.5, radius)], red_cells=RIM))
    assert view.nucleus == pytest.approx(np.sqrt(np.pi) * radius, rel=0.08)
    assert view.cells == 1 and np.isfinite(view.sharpness)


@pytest.mark.parametrize(
    'image',
    [
        np.full((120, 120, 3), 255, np.uint8),
        np.zeros((120, 90, 3), np.uint8),
        smear(),
        smear(red_cells=[*RIM, (0.5, 0.5), (0.5, 0.2), (0.35, 0.7)]),
    ],
    ids=['white', 'black', 'glass', 'red cells'],
)
def test_without_a_nucleus(image):
    view = look_at(image)
    assert view.nucleus == 0 and view.cells == 0 and view.sharpness == np.inf
    assert view.concentration == 1


def test_lobes_hold_together_and_noise_does_not():
    lobes = [(0.4, 0.4, 0.08), (0.6, 0.4, 0.08), (0.5, 0.6, 0.08)]
    assert look_at(smear(nuclei=[(0.5, 0.5, 0.15)])).concentration == 1
    found = look_at(smear(nuclei=lobes)).concentration
    assert found == pytest.approx(1 / 3, rel=0.1)
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.standard_normal((180, 180)), (0, 0), 6)
    scattered = np.where((grain > grain.std())[..., None], NUCLEUS, GLASS)
    assert look_at(scattered.astype(np.uint8)).concentration < 0.125


def test_platelets_are_small():
    view = look_at(smear(nuclei=[(0.5, 0.5, 0.04)], red_cells=RIM))
    assert 0 < view.nucleus < 0.12


def test_focus_counts_and_not_pixels():
    """How sharp it is depends on the cell, and not on the camera."""
    large = smear(480, nuclei=[(0.5, 0.5, 0.15)], red_cells=RIM)
    sharp = look_at(large).sharpness
    small = cv2.resize(large, (240, 240), interpolation=cv2.INTER_AREA)
    assert look_at(small).sharpness == pytest.approx(sharp, rel=0.1)
    darker = (0.7 * large).astype(np.uint8)
    assert look_at(darker).sharpness == pytest.approx(sharp, rel=0.1)
    blurred = [
        look_at(cv2.GaussianBlur(large, (0, 0), sigma)).sharpness
        for sigma in (8, 16, 24)
    ]
    assert sharp > blurred[0] > blurred[1] > blurred[2]
    # Out of focus by more than is borne with, and by less.
    assert blurred[2] < 2.7 < sharp


def test_a_nucleus_of_lobes_is_no_less_sharp():
    """Each lobe is smaller than a round nucleus, and its edge is not."""
    whole = smear(480, nuclei=[(0.5, 0.5, 0.14)])
    lobes = [(0.41, 0.41, 0.07), (0.59, 0.41, 0.07)]
    lobes += [(0.41, 0.59, 0.07), (0.59, 0.59, 0.07)]
    found = look_at(smear(480, nuclei=lobes)).sharpness
    assert found >= look_at(whole).sharpness


def test_cells_that_stand_out():
    pair = smear(
        240, nuclei=[(0.28, 0.3, 0.1), (0.72, 0.7, 0.1)], red_cells=RIM[2:4]
    )
    assert look_at(pair).cells == 2
    # The large field around is not what the cell at the rim is asked about.
    beside = smear(240, nuclei=[(0.5, 0.5, 0.12), (0.98, 0.1, 0.12)])
    assert look_at(beside).cells == 1
    tiny = smear(240, nuclei=[(0.5, 0.5, 0.12), (0.85, 0.15, 0.03)])
    assert look_at(tiny).cells == 1


def test_painted_cells_of_the_five_types_pass():
    cells = SyntheticWBC(
        num_samples=40,
        image_size=180,
        pipeline=[dict(type='LoadSyntheticCell')],
    )
    views = [look_at(cells[index]['img']) for index in range(40)]
    passed = [
        v.nucleus >= 0.12 and v.sharpness >= 2.7 and v.cells == 1
        for v in views
    ]
    assert np.mean(passed) >= 0.9


def test_an_image_is_left_as_it_is():
    image = smear(nuclei=[(0.5, 0.5, 0.15)])
    before = image.copy()
    look_at(image)
    np.testing.assert_array_equal(image, before)


def test_shapes_and_sizes():
    wide = np.full((30, 150, 3), GLASS, np.uint8)
    cv2.circle(wide, (75, 15), 8, NUCLEUS, -1)
    assert look_at(wide).nucleus > 0
    assert look_at(np.full((12, 12, 3), 200, np.uint8)).nucleus == 0
