"""Temperatures that go into a checkpoint and come out as probabilities."""

import copy

import torch
from mmengine import Config
from mmpretrain.registry import DATASETS, MODELS
from tiny_run import CONFIG, PREDICTOR, daffnet_model

from daffnet_mm.evaluation.functional import scale_temperature

TOOL = 'analysis_tools/calibrate_map.py'
BASE = "_base_ = '{base}'\nmodel = {model}\n"


def write(tmp_path, model):
    """A config and a checkpoint of a sure, untrained model."""
    config = tmp_path / 'config.py'
    config.write_text(BASE.format(base=CONFIG, model=model))
    cfg = Config.fromfile(config)
    torch.manual_seed(0)
    built = MODELS.build(
        {**cfg.model, 'data_preprocessor': cfg.data_preprocessor}
    )
    built.init_weights()
    for name, parameter in built.head.named_parameters():
        if name.endswith('weight'):
            parameter.data.mul_(30)
        else:
            parameter.data.fill_(0.1)
    path = tmp_path / 'model.pth'
    torch.save(dict(meta=dict(epoch=3), state_dict=built.state_dict()), path)
    return config, path, built


@torch.no_grad()
def predictions(model, state_dict=None):
    if state_dict is not None:
        model.load_state_dict(state_dict)
    model.eval()
    images = torch.randint(
        0, 256, (4, 3, 32, 32), generator=torch.Generator().manual_seed(1)
    ).byte()
    return model.test_step(dict(inputs=list(images), data_samples=None))


def test_a_map(tmp_path, succeeds):
    config, path, model = write(tmp_path, dict(PREDICTOR, _delete_=True))
    out = tmp_path / 'calibrated.pth'
    output = succeeds(TOOL, config, path, '--out', out, '--test')
    assert 'granule type' in output and 'cell type' in output
    assert 'test part' in output
    assert out.with_suffix('.png').stat().st_size > 10000
    calibrated = torch.load(out, weights_only=True)
    temperatures = calibrated['meta']['temperatures']
    assert len(temperatures) == 12 and calibrated['meta']['epoch'] == 3
    # an untrained model that is sure of itself has to become less so
    assert temperatures['cell_type'] > 1.5
    before = predictions(model)
    after = predictions(copy.deepcopy(model), calibrated['state_dict'])
    assert_scaled(before, after, temperatures['cell_type'])
    # once more: the list tells of both, and a rule that went by the former
    # probabilities is gone
    calibrated['meta']['review'] = dict(limits=dict(probability=[-0.8, -1]))
    calibrated['meta']['laboratories'] = dict(temperature=2.0, profiles={})
    torch.save(calibrated, out)
    again = tmp_path / 'again.pth'
    succeeds(TOOL, config, out, '--out', again)
    calibrated = torch.load(again, weights_only=True)
    assert not {'review', 'laboratories'} & set(calibrated['meta'])
    after = predictions(copy.deepcopy(model), calibrated['state_dict'])
    assert_scaled(
        before, after, calibrated['meta']['temperatures']['cell_type']
    )


def assert_scaled(before, after, temperature):
    """The same values and cell types, less sure."""
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one.pred_attributes, other.pred_attributes)
        assert torch.equal(one.pred_label, other.pred_label)
        expected = scale_temperature(
            one.pred_score[None].double().numpy(), temperature
        )
        torch.testing.assert_close(
            other.pred_score[None].double(),
            torch.from_numpy(expected),
            rtol=1e-3,
            atol=1e-6,
        )


def test_a_daffnet_keeps_its_attributes(tmp_path, succeeds):
    config, path, model = write(tmp_path, daffnet_model())
    out = tmp_path / 'calibrated.pth'
    succeeds(TOOL, config, path, '--out', out)
    calibrated = torch.load(out, weights_only=True)
    assert list(calibrated['meta']['temperatures']) == ['cell_type']
    changed = {
        name
        for name, value in model.state_dict().items()
        if not torch.equal(value, calibrated['state_dict'][name])
    }
    assert changed == {'head.classifier.weight', 'head.classifier.bias'}


def test_another_head_is_refused(tmp_path, fails):
    model = dict(
        _delete_=True,
        type='ImageClassifier',
        backbone=PREDICTOR['backbone'],
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='StackedLinearClsHead',
            num_classes=5,
            in_channels=64,
            mid_channels=[8],
        ),
    )
    config, path, _ = write(tmp_path, model)
    out = tmp_path / 'out.pth'
    error = fails(TOOL, config, path, '--out', out)
    assert 'StackedLinearClsHead does not end in a linear layer' in error
    assert not out.exists()


def test_adjustment_for_rare_values(tmp_path, succeeds):
    config, path, model = write(tmp_path, dict(PREDICTOR, _delete_=True))
    out = tmp_path / 'adjusted.pth'
    succeeds(f'{TOOL} --logit-adjustment 0.5 --out', out, config, path)
    adjusted = torch.load(out, weights_only=True)
    assert adjusted['meta']['logit_adjustment'] == 0.5
    temperature = adjusted['meta']['temperatures']['granularity']
    shift = (
        adjusted['state_dict']['head.fc_attributes.bias'][-2:] * temperature
        - model.head.fc_attributes.bias[-2:]
    )
    dataset = DATASETS.build(Config.fromfile(config).train_dataloader.dataset)
    values = [
        int(dataset.get_data_info(i)['gt_attributes'][-1])
        for i in range(len(dataset))
    ]
    shares = torch.bincount(torch.tensor(values), minlength=2) / len(values)
    expected = -0.5 * shares.clamp(min=1 / len(values)).log()
    torch.testing.assert_close(shift, expected, atol=1e-4, rtol=1e-4)
