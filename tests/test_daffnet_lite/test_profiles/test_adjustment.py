import dataclasses

import numpy as np
import pytest
from smears import COLOURS, smear

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import (
    Adjustment,
    estimate_profile,
    home_profile,
    measure,
)
from daffnet_lite.profiles.colour_map import ColourMap
from daffnet_lite.profiles.profile import Colours

HOME = home_profile()


def colours(three, spread=0.02, images=100):
    return Colours(*map(tuple, three), ((spread,) * 3,) * 3, images)


def of(**changes):
    return dataclasses.replace(HOME, **changes)


def scaled(factor, side=HOME.side):
    red_cell = factor * HOME.scale.red_cell
    return of(
        scale=dataclasses.replace(HOME.scale, red_cell=red_cell), side=side
    )


def test_home_is_left_as_it_is():
    for here in (HOME, scaled(1.03), scaled(0.97)):
        adjustment = Adjustment(here, HOME)
        assert adjustment.view(0.66) is None
        assert adjustment.colour_map is None
        assert adjustment.remarks == []


def test_a_view_holds_as_many_red_cells_as_at_home():
    adjustment = Adjustment(scaled(0.5), HOME)
    assert adjustment.view(0.66) == pytest.approx(0.66 * 360 * 0.5)
    assert 'all images are cut to one scale' in adjustment.remarks[0]
    # Of the same magnification, but cut out more tightly.
    assert Adjustment(scaled(1, side=250), HOME).view(0.5) == 180
    assert Adjustment(scaled(0.5), HOME, scale=False).view(0.66) is None
    assert Adjustment(of(scale=None), HOME).view(0.66) is None


def test_a_window_shows_as_much_as_the_images_of_home():
    """Whatever is known to be the same."""
    for factor in (0.5, 1, 1.03, 2):
        assert Adjustment(scaled(factor), HOME).window == round(360 * factor)
        other = scaled(factor, side=480)
        assert Adjustment(other, HOME).window == round(360 * factor)
    assert Adjustment(scaled(0.5), HOME, scale=False).window is None
    assert Adjustment(of(scale=None), HOME).window is None


PALE = COLOURS[0] + 0.5 * (COLOURS - COLOURS[0])


def test_only_pale_colours_are_trusted():
    home = of(colours=colours(COLOURS))
    pale = Adjustment(of(colours=colours(PALE)), home)
    assert pale.colour_map is not None
    assert 'nuclei 50 % as strong), are mapped' in pale.remarks[0]
    dark = Adjustment(of(colours=colours(1.5 * COLOURS)), home)
    assert dark.colour_map is None
    assert 'stay as they are, as a map is trusted' in dark.remarks[0]
    mixed = Adjustment(of(colours=colours(PALE, spread=0.3)), home)
    assert mixed.colour_map is None
    assert 'they differ by 0.52 between the images' in mixed.remarks[0]
    near = Adjustment(of(colours=colours(COLOURS + 0.02)), home)
    assert near.colour_map is None and near.remarks == []


def test_colours_may_be_mapped_whatever_is_found_or_left():
    home = of(colours=colours(COLOURS))
    dark = of(colours=colours(1.5 * COLOURS, spread=1.0))
    for kind, off_diagonal in (('diagonal', False), ('full', True)):
        matrix = Adjustment(dark, home, colours=kind).colour_map.matrix
        assert (
            np.abs(matrix - np.diag(np.diag(matrix))).max() > 1e-3
        ) == off_diagonal
    pale = of(colours=colours(PALE))
    assert Adjustment(pale, home, colours='left').colour_map is None
    with pytest.raises(InputError, match="colours='all' must be one of"):
        Adjustment(pale, home, colours='all')


def deep(power, **changes):
    """A laboratory whose cytoplasm is deeper than home's, by a power."""
    depth = HOME.cytoplasm.depth ** (1 / power)
    cytoplasm = dataclasses.replace(HOME.cytoplasm, depth=depth)
    return of(cytoplasm=cytoplasm, **{'colours': None, **changes})


def cytoplasm_of(profile, depth):
    """A pixel whose densities are between background and nucleus."""
    background, nuclei = map(
        np.array, (profile.cytoplasm.background, profile.cytoplasm.nuclei)
    )
    density = background + depth * (nuclei - background)
    return np.rint(255 * np.exp(-density)).astype(np.uint8)[None, None]


def test_deep_cytoplasm_becomes_as_pale_as_at_home():
    here = deep(1.3)
    adjustment = Adjustment(here, HOME)
    assert 'it is made paler (power 1.30)' in adjustment.remarks[-1]
    curve = adjustment.stain_curve
    for depth, wanted in (
        (here.cytoplasm.depth, HOME.cytoplasm.depth),
        (0, 0),
        (1, 1),
    ):
        found = curve(cytoplasm_of(here, depth)).astype(int)
        # The curve begins with a slope, so that it bends a little less.
        np.testing.assert_allclose(
            found, cytoplasm_of(HOME, wanted), atol=5 if wanted % 1 else 1
        )


@pytest.mark.parametrize(
    ('power', 'said'), [(0.7, ''), (1.1, ''), (1.49, '1.49'), (2.5, '1.50')]
)
def test_how_far_cytoplasm_is_bent(power, said):
    adjustment = Adjustment(deep(power), HOME)
    assert (adjustment.stain_curve is not None) == bool(said)
    assert any(f'(power {said})' in r for r in adjustment.remarks) == bool(
        said
    )


def test_where_cytoplasm_is_left():
    same = Adjustment(deep(1.4, colours=HOME.colours), HOME)
    assert same.stain_curve is None and same.remarks == []
    for here, home in (
        (of(colours=None, cytoplasm=None), HOME),
        (deep(1.4), of(cytoplasm=None)),
    ):
        assert Adjustment(here, home).stain_curve is None
    off = Adjustment(deep(1.4), HOME, cytoplasm=False)
    assert off.stain_curve is None and off.remarks == []


def test_cytoplasm_is_left_where_nuclei_are_pale_in_one_channel():
    """Red cells, darker there than nuclei, would become black."""
    here = deep(1.4)
    blue = here.cytoplasm.background[0]
    for more in (0.0, 0.09):
        cytoplasm = dataclasses.replace(
            here.cytoplasm, nuclei=(blue + more, *here.cytoplasm.nuclei[1:])
        )
        pale = dataclasses.replace(here, cytoplasm=cytoplasm)
        adjustment = Adjustment(pale, HOME)
        assert adjustment.stain_curve is None
        assert 'the cytoplasm stays as it is' in adjustment.remarks[-1]


def test_mapped_colours_are_bent_between_their_new_ends():
    pale = colours(PALE)
    here = deep(1.4, colours=pale)
    here = dataclasses.replace(
        here,
        cytoplasm=dataclasses.replace(
            here.cytoplasm, background=pale.background, nuclei=pale.nuclei
        ),
    )
    home = of(colours=colours(COLOURS))
    adjustment = Adjustment(here, home)
    for end in (pale.background, pale.nuclei):
        mapped = adjustment.colour_map.of(np.array(end))
        pixel = np.rint(255 * np.exp(-mapped)).astype(np.uint8)[None, None]
        bent = adjustment.stain_curve(pixel).astype(int)
        assert np.abs(bent - pixel).max() <= 1


def test_deep_smears_look_like_home_again():
    """The whole way: painted, measured, bent."""
    home = estimate_profile(measure(smear(s, depth=0.15)) for s in range(16))
    stained = [smear(seed, depth=0.25) for seed in range(16)]
    here = estimate_profile(map(measure, stained))
    here = dataclasses.replace(here, colours=None)
    curve = Adjustment(here, home).stain_curve
    cell = slice(130, 230), slice(130, 230)
    for seed in (0, 5):
        wanted = smear(seed, depth=0.15)[cell].astype(float)
        before, after = (
            np.abs(image[cell] - wanted).mean()
            for image in (stained[seed], curve(stained[seed]))
        )
        assert after < 0.4 * before


def test_refusals_are_said():
    here = of(colours=None, scale=None, refused=('no scale', 'no colours'))
    assert Adjustment(here, HOME).remarks == ['no scale', 'no colours']


@pytest.mark.parametrize('full', [False, True])
def test_a_map_brings_the_three_colours_home(full):
    """By each pixel's formula, beside the table that is used."""
    rng = np.random.default_rng(0)
    there = colours(PALE * rng.uniform(0.9, 1.1, 3))
    mapping = ColourMap(there, colours(COLOURS), full)
    before = np.array([there.background, there.red_cells, there.nuclei])
    after = mapping.of(before)
    np.testing.assert_allclose(after[0], COLOURS[0], atol=1e-6)
    assert np.linalg.norm(after - COLOURS) < 0.4 * np.linalg.norm(
        before - COLOURS
    )
    image = rng.integers(1, 256, (20, 30, 3), np.uint8)
    density = mapping.of(np.log(255 / image.astype(float)))
    wanted = np.minimum(255 * np.exp(-density), 255)
    np.testing.assert_allclose(mapping(image), wanted, atol=0.51)


def test_same_colours_change_nothing():
    image = np.random.default_rng(0).integers(1, 256, (20, 30, 3), np.uint8)
    for full in (False, True):
        same = ColourMap(HOME.colours, HOME.colours, full)
        assert (same(image) == image).all()


def test_gains_are_limited():
    faint = colours(COLOURS[0] + 0.01 * (COLOURS - COLOURS[0]))
    for full in (False, True):
        matrix = ColourMap(faint, colours(COLOURS), full).matrix
        assert np.linalg.norm(matrix, 2) <= 2 + 1e-6
    inverse = colours(COLOURS[[0, 0, 0]] - 0.05 * (COLOURS - COLOURS[0]))
    diagonal = ColourMap(inverse, colours(COLOURS)).matrix.diagonal()
    assert (diagonal >= 0.5).all()


def test_pale_smears_look_like_home_again():
    """The whole way: painted, measured, mapped."""
    home = estimate_profile(measure(smear(seed)) for seed in range(16))
    pale = [smear(seed, colours=PALE) for seed in range(16)]
    here = estimate_profile(measure(image) for image in pale)
    adjustment = Adjustment(here, home)
    assert adjustment.view(0.66) is None
    for seed in (0, 5):
        wanted = smear(seed).astype(float)
        before = np.abs(pale[seed] - wanted).mean()
        after = np.abs(adjustment.colour_map(pale[seed]) - wanted).mean()
        assert after < 0.5 * before
