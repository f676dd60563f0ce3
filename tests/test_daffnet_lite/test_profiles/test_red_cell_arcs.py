import numpy as np
import pytest
from smears import draw

from daffnet_lite.profiles.red_cell_arcs import find_arcs


def drawn(*discs, side=200):
    kind = np.zeros((side, side), np.uint8)
    for x, y, radius in discs:
        draw(kind, (x, y), radius, 1)
    return kind > 0


@pytest.mark.parametrize('radius', [8, 20.5, 40])
def test_a_whole_cell(radius):
    red = drawn((100, 90, radius))
    (arc,) = find_arcs(red, ~red)
    assert arc.radius == pytest.approx(radius, abs=0.5)
    assert arc.centre == pytest.approx((100, 90), abs=0.6)
    assert arc.span > 340


def test_touching_cells_are_parted():
    red = drawn((60, 60, 25), (100, 60, 25), (80, 95, 25))
    arcs = find_arcs(red, ~red)
    assert len(arcs) == 3
    assert [arc.radius for arc in arcs] == pytest.approx([25] * 3, abs=1)


def test_a_cell_that_the_border_cuts_keeps_its_size():
    red = drawn((0, 100, 30), (190, 195, 30))
    arcs = find_arcs(red, ~red)
    assert [arc.radius for arc in arcs] == pytest.approx([30, 30], abs=1.5)
    assert all(75 < arc.span < 200 for arc in arcs)


def test_what_is_not_round_or_not_beside_glass_says_nothing():
    red = np.zeros((200, 200), bool)
    red[50:150, 60:140] = True
    assert find_arcs(red, ~red) == []
    red = drawn((100, 100, 30))
    assert find_arcs(red, np.zeros_like(red)) == []
    assert find_arcs(np.zeros_like(red), ~red) == []


def test_a_hole_between_cells_is_no_cell():
    """The contour turns the other way there."""
    red = ~drawn((100, 100, 30))
    assert find_arcs(red, ~red) == []
