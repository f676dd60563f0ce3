"""A mean of trainings: of weights, with batch statistics of its own."""

import pytest
import torch
from mmengine import Config
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from tiny_run import CONFIG, PREDICTOR, daffnet_model
from torch.nn.modules.batchnorm import _BatchNorm

from daffnet_mm.utils.config_files import load_config

TOOL = 'model_converters/average_models.py'
STATISTICS = ('running_mean', 'running_var', 'num_batches_tracked')
CLASSES = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')


def write(folder, model):
    config = folder / 'config.py'
    config.write_text(f"_base_ = '{CONFIG}'\nmodel = {model}\n")
    return config


def build(config, seed):
    cfg = Config.fromfile(config)
    torch.manual_seed(seed)
    model = MODELS.build(
        {**cfg.model, 'data_preprocessor': cfg.data_preprocessor}
    )
    model.init_weights()
    return model


@pytest.fixture
def parts(tmp_path):
    """Two MAPs of other seeds, of which one says more of itself."""
    config = write(tmp_path, dict(PREDICTOR, _delete_=True))
    models = [build(config, seed) for seed in (0, 1)]
    paths = [tmp_path / 'a.pth', tmp_path / 'b.pth']
    metas = [
        dict(
            dataset_meta=dict(classes=CLASSES),
            train_images=['x', 'y'],
            temperatures=dict(cell_type=2.0),
            laboratories=dict(temperature=1.5, profiles={}),
        ),
        dict(dataset_meta=dict(classes=CLASSES), train_images=['z', 'y']),
    ]
    for path, model, meta in zip(paths, models, metas, strict=True):
        torch.save(dict(meta=meta, state_dict=model.state_dict()), path)
    return config, models, paths


def test_the_mean(parts, tmp_path, succeeds):
    config, models, paths = parts
    out = tmp_path / 'mean.pth'
    printed = succeeds(
        TOOL, config, *paths, '--out', out, '--num-images', '16'
    )
    assert f'wrote {out}, the mean of 2 checkpoints' in printed
    written = torch.load(out, weights_only=True)
    one, other = (model.state_dict() for model in models)
    for name, value in written['state_dict'].items():
        if not name.endswith(STATISTICS):
            torch.testing.assert_close(value, (one[name] + other[name]) / 2)
    meta = written['meta']
    assert meta['train_images'] == ['x', 'y', 'z']
    assert not {'temperatures', 'laboratories'} & set(meta)
    assert len(meta['averaged_sha256']) == 2
    assert tuple(meta['dataset_meta']['classes']) == CLASSES


def test_more_of_one_than_of_the_other(parts, tmp_path, succeeds):
    """A quarter and three quarters, by whatever they are measured."""
    config, models, paths = parts
    out = tmp_path / 'mean.pth'
    words = ('--num-images', '16', '--parts', '0.5', '1.5')
    succeeds(TOOL, config, *paths, '--out', out, *words)
    written = torch.load(out, weights_only=True)
    one, other = (model.state_dict() for model in models)
    for name, value in written['state_dict'].items():
        if not name.endswith(STATISTICS):
            wanted = 0.25 * one[name] + 0.75 * other[name]
            torch.testing.assert_close(value, wanted)
    assert written['meta']['averaged_parts'] == [0.5, 1.5]


def test_batch_statistics_are_those_of_the_mean(parts, tmp_path, succeeds):
    """Of the first layer: the mean over all images that it has seen."""
    config, models, paths = parts
    out = tmp_path / 'mean.pth'
    succeeds(TOOL, config, *paths, '--out', out, '--num-images', '1000')
    cfg = load_config(str(config), {})
    model = models[0]
    model.load_state_dict(torch.load(out, weights_only=True)['state_dict'])
    first = model.backbone
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    means = []
    with torch.no_grad():
        for batch in loader:
            inputs = model.data_preprocessor(batch)['inputs']
            means.append(first.conv1(inputs).mean((0, 2, 3)))
    expected = torch.stack(means).mean(0)
    found = next(
        module for module in first.modules() if isinstance(module, _BatchNorm)
    )
    # Images are drawn and changed at random.
    torch.testing.assert_close(
        found.running_mean, expected, rtol=0.1, atol=0.05
    )
    assert found.num_batches_tracked == len(loader)


def test_what_is_refused(parts, tmp_path, fails):
    config, _, (path, _) = parts
    out = tmp_path / 'mean.pth'
    error = fails(TOOL, config, path, '--out', out)
    assert 'a mean is of two checkpoints at least' in error
    other = torch.load(path, weights_only=True)
    other['meta']['dataset_meta']['classes'] = CLASSES[::-1]
    reverse = tmp_path / 'reverse.pth'
    torch.save(other, reverse)
    error = fails(TOOL, config, path, reverse, '--out', out)
    assert f'{reverse} names the classes neutrophil, ' in error
    error = fails(TOOL, config, path, path, '--out', out, '--parts', '0.7')
    assert '--parts has 1 numbers for 2 checkpoints: give one for' in error
    error = fails(TOOL, config, path, path, '--out', out, '--parts', '1', '-1')
    assert '-1 must be a number above 0' in error
    assert not out.exists()


def test_a_frozen_part_is_refused(tmp_path, fails):
    config = write(tmp_path, daffnet_model())
    paths = [tmp_path / f'{seed}.pth' for seed in (0, 1)]
    for seed, path in enumerate(paths):
        torch.save(dict(state_dict=build(config, seed).state_dict()), path)
    error = fails(TOOL, config, *paths, '--out', tmp_path / 'mean.pth')
    assert 'is frozen in training' in error
    assert 'train stage 3 on the mean' in error
