"""A test pipeline, and what the light runtime makes of it."""

from pathlib import Path

import numpy as np
import pytest
from mmengine import Config
from mmengine.dataset import Compose
from mmpretrain.registry import TRANSFORMS
from smears import COLOURS, smear

from daffnet_lite.errors import InputError
from daffnet_lite.onnx import Reading, network_size
from daffnet_lite.onnx.steps import build_steps, chain
from daffnet_lite.profiles import estimate_profile, measure

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

from daffnet_mm.apis.onnx.light_steps import (
    describe_reading,
    describe_steps,
)

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
SIDES = {
    'daffnet/daffnet-lite_laboratories.py': 128,
    'daffnet/map-tiny_wbcatt_official.py': 96,
    'daffnet/daffnet_pbc.py': 224,
    'scam/scam_pbc.py': 224,
}


def config_of(*steps):
    pipeline = [dict(type='LoadCellImage'), *steps]
    dataset = dict(type='PBC', pipeline=pipeline)
    return Config(
        dict(test_dataloader=dict(dataset=dataset)), '# mine', 'mine.py'
    )


@pytest.mark.parametrize('with_profile', [False, True])
@pytest.mark.parametrize('name', SIDES)
def test_the_same_pixels(name, with_profile):
    cfg = Config.fromfile(CONFIGS / name)
    images = [smear(seed, red_cell=42, side=200) for seed in range(14)]
    images[0] = images[0][:170, :131].copy()
    images[1] = np.ascontiguousarray(images[1][20:190, 3:])
    _, *rest = cfg.test_dataloader.dataset.pipeline
    if with_profile:
        if rest[0]['type'] != 'ApplyProfile':
            pytest.skip('it takes no profile')
        look = dict(red_cell=42, side=200, colours=COLOURS + 0.3, depth=0.35)
        rest[0]['profile'] = estimate_profile(
            measure(smear(seed, **look)) for seed in range(14)
        )
        done = TRANSFORMS.build(rest[0]).adjustment
        assert done.magnification and done.stain_curve
    steps = describe_steps(cfg)
    assert network_size(steps) == (SIDES[name],) * 2
    light = chain(build_steps(steps))
    heavy = Compose([TRANSFORMS.build(dict(step)) for step in rest])
    for number, img in enumerate(images):
        shape = img.shape[:2]
        if number > 7:  # as if decoded at half its size
            img = img[::2, ::2].copy()
        sample = dict(img=img, img_shape=img.shape[:2], ori_shape=shape)
        wanted = heavy(dict(sample))['inputs'].permute(1, 2, 0).numpy()
        assert np.array_equal(light(dict(sample))['img'], wanted)


def test_how_images_are_read():
    assert describe_reading(dict(type='LoadCellImage')) == Reading()
    assert describe_reading(
        dict(type='LoadCellImage', min_edge=96, bit_depth=12, margin=0.1)
    ) == Reading(96, 12, None, 0.1)


@pytest.mark.parametrize(
    ('step', 'sentence'),
    [
        (
            dict(type='RandomCrop', crop_size=9),
            'mine.py has a step RandomCrop, which the light runtime does not',
        ),
        (
            dict(type='ResizeEdge', scale=9, edge='long'),
            "ResizeEdge with edge='short' only, not 'long'",
        ),
        (
            dict(type='Resize', scale=(9, 9), interpolation='area'),
            "Resize with interpolation='bilinear' only",
        ),
        (dict(type='Resize', scale_factor=0.5), 'no Resize by a factor'),
        (
            dict(type='CenterCrop', crop_size=9, auto_pad=True),
            'CenterCrop with auto_pad=False only',
        ),
    ],
)
def test_what_it_does_not_know(step, sentence):
    with pytest.raises(InputError) as error:
        describe_steps(config_of(step))
    assert sentence in str(error.value)


def test_width_and_height_are_not_confused():
    for step in (
        dict(type='Resize', scale=(20, 10)),
        dict(type='CenterCrop', crop_size=(20, 10)),
    ):
        steps = describe_steps(config_of(step))
        assert network_size(steps) == (10, 20)


def test_a_size_that_depends_on_the_image():
    steps = describe_steps(config_of(dict(type='ResizeEdge', scale=20)))
    assert network_size(steps) is None
