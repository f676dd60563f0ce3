"""How large fields are recognised and cut, apart from what is found there."""

import cv2
import numpy as np
import pytest

from daffnet_lite.cropping.large_fields import (
    Collection,
    Part,
    parts_of,
    red_cells_of_large_field,
)
from daffnet_lite.cropping.overview import Overview
from daffnet_lite.cropping.segmented_cell import SegmentedCell


def red_cells(shape, diameter, seed=0):
    """A smear of red cells, with the camera's noise."""
    rng = np.random.default_rng(seed)
    image = np.full((*shape, 3), (222, 228, 225), np.uint8)
    for y in range(0, shape[0], round(1.4 * diameter)):
        for x in range(0, shape[1], round(1.4 * diameter)):
            at = int(x + rng.integers(5)), int(y + rng.integers(5))
            cv2.circle(image, at, round(diameter / 2), (140, 150, 190), -1)
    image = cv2.GaussianBlur(image, (0, 0), 1) + rng.normal(0, 2, image.shape)
    return image.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ('shape', 'diameter'),
    [((900, 1200), 40), ((600, 2400), 40), ((1500, 1000), 16)],
)
def test_the_red_cells_of_a_large_field(shape, diameter):
    image = red_cells(shape, diameter)
    found = red_cells_of_large_field(image, Overview(image))
    assert found == pytest.approx(diameter, rel=0.2)


@pytest.mark.parametrize('diameter', [50, 90])
def test_usual_fields_are_not_large(diameter):
    image = red_cells((480, 640), diameter)
    assert red_cells_of_large_field(image, Overview(image)) is None


@pytest.mark.parametrize('noise', [2, 20])
def test_nothing_to_measure(noise):
    grey = np.random.default_rng(0).normal(200, noise, (1200, 1600, 3))
    image = grey.clip(0, 255).astype(np.uint8)
    assert red_cells_of_large_field(image, Overview(image)) is None


@pytest.mark.parametrize('side', [1000, 4000, 16_000])
def test_parts_fill_a_field_at_a_cost_that_grows_with_its_pixels(side):
    shape, red_cell = (side, 3 * side // 4), 50
    parts = list(parts_of(shape, red_cell))
    covered = sum(
        (p.core[2] - p.core[0]) * (p.core[3] - p.core[1]) for p in parts
    )
    assert covered == pytest.approx(shape[0] * shape[1])
    pixels = 0
    for x1, y1, x2, y2 in (part.window for part in parts):
        assert 0 <= x1 < x2 <= shape[1] and 0 <= y1 < y2 <= shape[0]
        # as large as a usual field, wherever it lies
        assert x2 - x1 <= 12 * red_cell and y2 - y1 <= 12 * red_cell
        pixels += (x2 - x1) * (y2 - y1)
    assert pixels < 3.3 * shape[0] * shape[1]


def disc(shape, x, y, radius):
    mask = np.zeros(shape, np.uint8)
    cv2.circle(mask, (x, y), radius, 1, -1)
    return SegmentedCell.from_masks(mask > 0, mask > 0)


def test_a_cell_on_a_seam_is_found_once():
    """Even if either part sees its middle in the other one's core."""
    left = Part(
        (0, 0, 100, 100), (0, 0, 140, 100), 40, (False, False, True, False)
    )
    right = Part(
        (100, 0, 200, 100), (60, 0, 200, 100), 40, (True, False, False, False)
    )
    found = Collection((100, 200), 40)
    found.add(left, disc((100, 140), 102, 50, 15))
    found.add(right, disc((100, 140), 98 - 60, 50, 15))
    # a neighbour that touches it, and one far beyond the left core
    found.add(right, disc((100, 140), 128 - 60, 50, 14))
    found.add(left, disc((100, 140), 129, 50, 14))
    found.add(left, disc((100, 140), 30, 50, 15))
    boxes = sorted(cell.box for cell in found.cells())
    assert [box[0] for box in boxes] == [15, pytest.approx(85, abs=3), 114]
    assert all(cell.shape == (100, 200) for cell in found.cells())
    assert all(
        cell.cell[y1:y2, x1:x2].sum() == cell.cell.sum() > 500
        for cell in found.cells()
        for x1, y1, x2, y2 in [cell.box]
    )
