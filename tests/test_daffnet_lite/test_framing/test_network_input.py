"""What the light runtime feeds a network is what MMPretrain feeds it."""

import numpy as np
import pytest
import torch
from mmengine import Config
from mmengine.dataset import Compose, default_collate
from mmpretrain.registry import MODELS, TRANSFORMS
from smears import smear

from daffnet_lite.framing import (
    ProfiledFrame,
    as_network_input,
    centre_crop,
    resize_edge,
)
from daffnet_lite.profiles import estimate_profile, measure
from daffnet_mm.apis.shipped_model import SHIPPED_CONFIG, shipped_file


@pytest.mark.parametrize('to_rgb', [False, True])
@pytest.mark.parametrize('with_mean', [False, True])
def test_normalised_as_mmpretrain_does(to_rgb, with_mean):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (3, 20, 24, 3), np.uint8)
    settings = dict(to_rgb=to_rgb)
    if with_mean:
        settings.update(mean=[123.675, 116.28, 103.53], std=[58.4, 57.1, 57.4])
    preprocessor = MODELS.build(dict(type='ClsDataPreprocessor', **settings))
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
    want = preprocessor(dict(inputs=tensor))['inputs'].numpy()
    got = as_network_input(images, **settings)
    assert got.dtype == want.dtype == np.float32
    assert (got == want).all()


@pytest.mark.parametrize('with_profile', [False, True])
def test_the_shipped_models_pipeline(with_profile):
    images = [smear(seed, red_cell=42, side=200) for seed in range(14)]
    profile = None
    if with_profile:
        profile = estimate_profile(map(measure, images))
        assert profile.scale is not None
    cfg = Config.fromfile(shipped_file(SHIPPED_CONFIG))
    _, *steps = cfg.test_dataloader.dataset.pipeline
    share = steps[0].share
    steps[0] = dict(steps[0], profile=profile)
    pipeline = Compose([TRANSFORMS.build(step) for step in steps])
    # Some as if decoded at half their size.
    images[7:] = [img[::2, ::2].copy() for img in images[7:]]
    batch = default_collate(
        [
            pipeline(
                dict(img=img, img_shape=img.shape[:2], ori_shape=(200, 200))
            )
            for img in images
        ]
    )
    settings = dict(cfg.data_preprocessor)
    want = MODELS.build(settings)(batch)['inputs'].numpy()
    frame = ProfiledFrame(profile, share=share)
    got = as_network_input(
        [centre_crop(resize_edge(frame(img, 200), 96), 96) for img in images],
        settings['mean'],
        settings['std'],
        settings['to_rgb'],
    )
    assert got.shape == (14, 3, 96, 96)
    assert (got == want).all()
