from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from smears import COLOURS, smear

from daffnet_lite.profiles import estimate_profile, measure, measure_file
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.profiles.measuring import (
    CytoplasmReference,
    Measurement,
    Reference,
)


def profile_of(number=16, **kwargs):
    return estimate_profile(
        measure(smear(seed, **kwargs)) for seed in range(number)
    )


@pytest.mark.parametrize(
    ('red_cell', 'side'), [(70, 360), (42, 192), (150, 700)]
)
def test_painted_red_cells_are_measured(red_cell, side):
    scale = profile_of(red_cell=red_cell, side=side).scale
    assert scale.red_cell == pytest.approx(red_cell, rel=0.05)
    assert scale.spread < 0.12 * red_cell
    assert scale.images <= 16 <= scale.rims


def test_in_tight_crops_the_corners_of_red_cells_suffice():
    images = [smear(seed, red_cells=40)[70:290, 70:290] for seed in range(60)]
    assert max(images[0].shape) < 3.2 * 70
    scale = estimate_profile(measure(image) for image in images).scale
    assert scale.red_cell == pytest.approx(70, rel=0.08)


def test_colours_are_those_that_were_painted():
    colours = profile_of().colours
    found = [colours.background, colours.red_cells, colours.nuclei]
    np.testing.assert_allclose(found, COLOURS, atol=0.04)
    assert np.max(colours.spread) < 0.05
    assert colours.images == 16


def test_some_odd_images_do_no_harm():
    usual = [measure(smear(seed)) for seed in range(20)]
    odd = [
        measure(smear(seed, red_cell=120, colours=2 * COLOURS))
        for seed in range(6)
    ]
    alone, mixed = estimate_profile(usual), estimate_profile(usual + odd)
    assert mixed.images == 26
    assert mixed.scale.red_cell == pytest.approx(
        alone.scale.red_cell, rel=0.03
    )
    np.testing.assert_allclose(
        mixed.colours.nuclei, alone.colours.nuclei, atol=0.1
    )


def test_too_few_red_cells_are_refused():
    profile = profile_of(red_cells=0)
    assert profile.scale is None and profile.colours is None
    scale, colours = profile.refused[:2]
    assert 'the scale cannot be measured: 16 images show 0 rims' in scale
    assert 'the colours cannot be measured: 0 of 16 images' in colours
    few = profile_of(number=5)
    assert few.scale is None and len(few.refused) == 3
    assert 'the cytoplasm cannot be measured: 0 of 5' in few.refused[2]


def test_cells_of_all_sizes_are_refused():
    rng = np.random.default_rng(0)
    rims = [[(float(d), 120.0)] for d in np.exp(rng.uniform(2, 6, 200))]
    profile = estimate_profile(Measurement(100, rim, None) for rim in rims)
    assert profile.scale is None
    assert 'what may be red cells has no usual size' in profile.refused[0]


def test_the_median_of_colours():
    """By hand, from three groups of images."""
    seen = [
        Reference(*(np.full(3, value) for value in (0.1, 0.4, shade)))
        for shade in [1.0] * 10 + [1.2] * 11 + [5.0] * 10
    ]
    colours = estimate_profile(
        Measurement(100, [], reference) for reference in seen
    ).colours
    assert colours.nuclei == (1.2, 1.2, 1.2)
    assert colours.spread[2][0] == pytest.approx(1.4826 * 0.2, abs=1e-3)
    assert colours.spread[0] == (0, 0, 0)


@pytest.mark.parametrize('depth', [0.12, 0.2, 0.3])
@pytest.mark.parametrize('red_cell', [70, 40])
def test_cytoplasm_is_as_deep_as_it_was_painted(depth, red_cell):
    side = 360 * red_cell // 70
    profile = profile_of(red_cell=red_cell, side=side, depth=depth)
    found = profile.cytoplasm
    assert found.depth == pytest.approx(depth, abs=0.03)
    assert found.spread < 0.05 and found.images == 16
    np.testing.assert_allclose(found.background, COLOURS[0], atol=0.04)
    np.testing.assert_allclose(found.nuclei, COLOURS[2], atol=0.1)


def between(depth, background=0.1, nuclei=1.1):
    """Cytoplasm of a depth that is known."""
    pale = background + depth * (nuclei - background)
    return CytoplasmReference(
        *(np.full(3, v) for v in (background, pale, nuclei))
    )


def depth_of(seen):
    return estimate_profile(Measurement(100, [], None, one) for one in seen)


def test_the_depth_is_that_of_the_palest_quarter():
    """By hand: a dark half, such as eosinophils, changes little."""
    depths = np.linspace(0.1, 0.3, 21)
    found = depth_of(map(between, depths)).cytoplasm
    assert found.depth == pytest.approx(0.15, abs=1e-4)
    assert found.spread == pytest.approx(1.4826 * 0.05, abs=1e-4)
    dark = depth_of(map(between, [*depths, *np.full(10, 0.6)])).cytoplasm
    assert dark.depth == pytest.approx(0.175, abs=1e-4)
    assert dark.background == (0.1, 0.1, 0.1) and dark.nuclei == (1.1,) * 3


@pytest.mark.parametrize(
    ('seen', 'why'),
    [
        ([between(0.2)] * 11 + [None] * 9, '11 of 20 images show it'),
        ([between(0.2)] * 12 + [None] * 40, '12 of 52 images show it'),
        ([between(0.2, 0.5, 0.4)] * 20, 'is not darker than the rest'),
        ([between(-0.1)] * 20, 'is not darker than the rest'),
        ([between(1.1)] * 20, 'is not darker than the rest'),
    ],
    ids=['few', 'a small share', 'pale nuclei', 'too pale', 'too dark'],
)
def test_cytoplasm_that_cannot_be_measured(seen, why):
    profile = depth_of(seen)
    assert profile.cytoplasm is None and why in profile.refused[2]


def test_pixels_are_those_of_the_file(tmp_path):
    """A JPEG is decoded at half its size where that is enough."""
    places = []
    for seed in range(14):
        places.append(tmp_path / f'{seed}.jpg')
        image = smear(seed, red_cell=150, side=800)
        cv2.imwrite(str(places[-1]), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    profile = estimate_profile(measure_file(place) for place in places)
    assert profile.side == 800
    assert profile.scale.red_cell == pytest.approx(150, rel=0.05)


def test_blank_and_noisy_images_tell_nothing():
    rng = np.random.default_rng(0)
    for image in (
        np.full((100, 100, 3), 255, np.uint8),
        np.zeros((100, 120, 3), np.uint8),
        rng.integers(0, 256, (60, 60, 3), np.uint8),
        np.full((1, 1, 3), 7, np.uint8),
    ):
        found = measure(image)
        assert found.rims == [] and found.colours is None
        assert found.side == min(image.shape[:2])


def test_which_images_are_looked_at():
    assert list(spread_out(5, 10)) == [0, 1, 2, 3, 4]
    places = spread_out(100_000, 100)
    assert len(places) == 100 == len(set(places))
    assert places[0] == 0 and places[-1] == 99_999
    assert max(np.diff(places)) < 1.01 * 100_000 / 99


def test_bccds_red_cells_by_its_boxes(real):
    """Boxes that people drew around red cells; they are a little loose."""
    folder = real('bccd_detection') / 'BCCD'
    annotations = sorted((folder / 'Annotations').glob('*.xml'))
    sides = []
    for path in annotations:
        for thing in ElementTree.parse(path).iter('object'):
            x1, y1, x2, y2 = (
                int(thing.findtext(f'bndbox/{name}'))
                for name in ('xmin', 'ymin', 'xmax', 'ymax')
            )
            if (
                thing.findtext('name') == 'RBC'
                and min(x1, y1) > 3
                and x2 < 637
                and y2 < 477
            ):
                sides.append(np.sqrt((x2 - x1) * (y2 - y1)))
    scale = estimate_profile(
        measure_file(folder / 'JPEGImages' / f'{path.stem}.jpg')
        for path in annotations[::12]
    ).scale
    assert 0.8 < scale.red_cell / np.median(sides) < 1


def test_halves_of_a_real_laboratory_agree(real):
    places = sorted((real('raabin') / 'Train').glob('*/*'))[::125]
    measured = [measure_file(place) for place in places]
    one, other = (estimate_profile(measured[i::2]) for i in (0, 1))
    assert one.scale.red_cell == pytest.approx(other.scale.red_cell, rel=0.08)
    np.testing.assert_allclose(
        one.colours.background, other.colours.background, atol=0.06
    )


def test_a_laboratory_that_shows_no_red_cells_is_refused(real):
    """But its cytoplasm is as deep as in the masks that people drew."""
    places = sorted((real('jtsc') / 'Dataset 1').glob('*.bmp'))
    profile = estimate_profile(measure_file(place) for place in places)
    assert profile.scale is None and profile.colours is None
    assert len(profile.refused) == 2
    depths = []
    for place in places:
        image = cv2.imread(str(place)).astype(float)
        density = np.log(255 / np.maximum(image, 8))
        mask = cv2.imread(str(place.with_suffix('.png')), 0)
        glass, pale, dark = (
            np.median(density[where], axis=0)
            for where in (mask < 64, abs(mask - 128.0) < 64, mask > 192)
        )
        depths.append((pale - glass).sum() / (dark - glass).sum())
    wanted = np.nanquantile(depths, 0.25)
    assert profile.cytoplasm.depth == pytest.approx(wanted, rel=0.1)
    assert profile.cytoplasm.images == len(places)
