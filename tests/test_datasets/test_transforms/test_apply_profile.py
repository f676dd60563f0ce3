import dataclasses

import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from smears import COLOURS, smear

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import estimate_profile, home_profile, measure
from daffnet_mm.datasets.transforms import (
    ApplyProfile,
    ApplyProfiles,
    FrameCell,
)

IMG = smear(0)


@pytest.fixture(scope='module')
def small():
    """The profile of a laboratory with red cells of 42 pixels."""
    return estimate_profile(
        measure(smear(seed, red_cell=42, side=200)) for seed in range(14)
    )


def test_without_a_profile_it_frames_image_by_image():
    for img in (IMG, IMG[100:260, 100:260]):
        got = TRANSFORMS.build(dict(type='ApplyProfile', share=0.5))(
            dict(img=img, img_shape=img.shape[:2])
        )
        want = FrameCell(0.5)(dict(img=img, img_shape=img.shape[:2]))
        assert (got['img'] == want['img']).all()
        assert got['img_shape'] == want['img_shape']


def test_homes_images_are_as_without_a_profile():
    plain, home = ApplyProfile(), ApplyProfile(home_profile())
    for side in (360, 180):
        img = IMG[:side, :side]
        assert (
            plain(dict(img=img))['img'] == home(dict(img=img))['img']
        ).all()


def test_all_images_of_a_laboratory_keep_one_scale(small, tmp_path):
    """A cell as large as the image is no reason to cut otherwise."""
    small.save(tmp_path / 'small.json')
    apply = ApplyProfile(str(tmp_path / 'small.json'), colours='left')
    side = 0.66 * 360 * small.scale.red_cell / home_profile().scale.red_cell
    wide = smear(1, red_cell=42, side=200)
    tight = smear(1, red_cell=120, side=200)
    for img in (wide, tight):
        got = apply(dict(img=img, img_shape=(200, 200)))
        assert got['img_shape'] == got['img'].shape[:2]
        assert got['img'].shape[0] == pytest.approx(side, abs=1)
        first = (200 - len(got['img'])) // 2
        part = slice(first, first + len(got['img']))
        assert (got['img'] == img[part, part]).all()


def test_smaller_images_stay_whole(small):
    apply = ApplyProfile(small, colours='left')
    img = smear(0, red_cell=42, side=200)[60:160, 10:]
    assert apply(dict(img=img))['img'].shape[0] == 100
    img = img[:, 50:140]
    assert (apply(dict(img=img))['img'] == img).all()


def test_pixels_are_counted_in_the_file(small):
    """An image that was decoded at half its size is cut to half the view."""
    apply = ApplyProfile(small)
    img = smear(2, red_cell=42, side=200)
    whole = apply(dict(img=img))['img'].shape[0]
    half = apply(dict(img=img[::2, ::2], ori_shape=(200, 200)))['img']
    assert half.shape[0] == pytest.approx(whole / 2, abs=1)


def test_cytoplasm_is_bent_after_the_colours():
    """In a laboratory of other colours, and of deeper cytoplasm."""
    look = dict(depth=0.35, colours=COLOURS + 0.3)
    here = estimate_profile(measure(smear(s, **look)) for s in range(14))
    img = smear(3, **look)
    apply = ApplyProfile(here, colours='diagonal')
    before = ApplyProfile(here, colours='diagonal', cytoplasm=False)
    mapped = before(dict(img=img))['img']
    got = apply(dict(img=img))['img']
    assert (got == apply.adjustment.stain_curve(mapped)).all()
    assert np.abs(got.astype(int) - mapped).max() > 20
    assert before.adjustment.stain_curve is None


def test_colours_are_mapped_after_the_cut(small):
    img = smear(3, red_cell=42, side=200)
    left = ApplyProfile(small, colours='left')(dict(img=img))['img']
    for kind in ('diagonal', 'full'):
        apply = ApplyProfile(small, colours=kind)
        want = apply.adjustment.colour_map(left)
        assert (apply(dict(img=img))['img'] == want).all()
        assert want.shape == left.shape and (want != left).any()


def test_another_home(small):
    apply = ApplyProfile(home_profile(), home=small, share=1.0)
    got = apply.adjustment.view(1.0)
    ratio = home_profile().scale.red_cell / small.scale.red_cell
    assert got == pytest.approx(200 * ratio)


def test_images_and_settings_stay_as_they_are(small):
    img = smear(4, red_cell=42, side=200)
    before = img.copy()
    ApplyProfile(small, colours='full')(dict(img=img))
    assert (img == before).all()
    unknown = dataclasses.replace(small, scale=None, colours=None)
    got = ApplyProfile(unknown)(dict(img=img))['img']
    assert (got == FrameCell()(dict(img=img))['img']).all()


def test_bad_arguments(tmp_path):
    with pytest.raises(InputError, match='share=0 must be above'):
        ApplyProfile(share=0)
    with pytest.raises(InputError, match=r'no\.json does not exist'):
        ApplyProfile(str(tmp_path / 'no.json'))
    with pytest.raises(InputError, match="colours='no' must be one of"):
        ApplyProfile(home_profile(), colours='no')
    with pytest.raises(InputError, match='ApplyProfile takes 8-bit colour'):
        ApplyProfile()(dict(img=np.zeros((5, 5))))


def test_each_laboratory_has_its_own_profile(small, tmp_path):
    small.save(tmp_path / 'small.json')
    apply = TRANSFORMS.build(
        dict(
            type='ApplyProfiles',
            profiles=dict(PBC=home_profile(), JTSC=tmp_path / 'small.json'),
            share=0.5,
            colours='diagonal',
        )
    )
    img = smear(3, red_cell=42, side=200)
    for name, profile in (('PBC', home_profile()), ('JTSC', small)):
        own = ApplyProfile(profile, share=0.5, colours='diagonal')
        got = apply(dict(img=img, image_id=f'{name}/a/b.png'))['img']
        assert (got == own(dict(img=img))['img']).all()
    for image, name in (('BCCD/a.png', 'none of BCCD'), ('', 'without image')):
        with pytest.raises(InputError, match=f'PBC, JTSC, but .*{name}'):
            apply(dict(img=img, image_id=image))
    assert "profiles={'PBC'" in repr(ApplyProfiles(dict(PBC=home_profile())))
    unread = ApplyProfiles(dict(PBC=tmp_path / 'no.json'))
    with pytest.raises(InputError, match=r'no\.json does not exist'):
        unread(dict(img=img, image_id='PBC/a.png'))
