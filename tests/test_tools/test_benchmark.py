import importlib
import json
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

import daffnet_mm  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / 'configs' / 'daffnet'


@pytest.fixture
def tool(monkeypatch):
    """The module of a tool in the folder of the analysis tools."""
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'analysis_tools'))
    return importlib.import_module


def test_the_obvious_composition_is_the_same_function(tool):
    torch.manual_seed(0)
    ours = MODELS.build(
        Config.fromfile(CONFIGS / 'daffnet_pbc.py').model)
    obvious = tool('obvious_daffnet').ObviousDAFFNet()
    ours.eval()
    obvious.eval()
    for name, buffer in obvious.named_buffers():  # not all alike
        if 'running' in name:
            buffer.uniform_(0.5, 1.5)

    theirs = obvious.state_dict()
    block = iter(range(16))
    blocks = {(stage, i): next(block)
              for stage, count in enumerate((3, 4, 6, 3), 1)
              for i in range(count)}
    state_dict = {}
    for name, value in ours.state_dict().items():
        public = name.replace('neck.predictor.backbone.', 'map.resnet.')
        public = public.replace('neck.predictor.head.fc.', 'map.resnet.fc.')
        public = public.replace('head.fc.', 'fc.') \
            if public.startswith('head.') else public
        public = public.replace('head.classifier.', 'decoder.')
        place = re.match(r'backbone\.layer(\d)\.(\d)\.', public)
        if place:
            number = blocks[int(place[1]), int(place[2])]
            public = f'blocks.{number}.{public[place.end():]}'
            public = public.replace('conv2.branches', 'psa.convs')
            public = public.replace('conv2.se', 'psa.se')
            public = public.replace('spatial_attention', 'attention')
        public = public.removeprefix('backbone.')
        public = re.sub(r'neck\.encoder\.expand\.(\d+)',
                        r'mae.encoders.\1.0', public)
        public = re.sub(r'neck\.encoder\.squeeze\.(\d+)',
                        r'mae.encoders.\1.2', public)
        public = re.sub(
            r'neck\.encoder\.convs\.(\d)\.(conv|bn)\.', lambda m: 'mae.convs.'
            f'{3 * int(m[1]) + (m[2] == "bn")}.', public)
        if 'predictor.head.fc_attributes' in name:
            kind = name.rsplit('.', 1)[1]
            state_dict[name] = torch.cat(
                [theirs.pop(f'map.fcs.{i}.{kind}') for i in range(11)])
        elif 'predictor.head.fc_classes' in name:
            state_dict[name] = value  # only training the MAP needs it
        else:
            state_dict[name] = theirs.pop(public)
    assert not theirs
    ours.load_state_dict(state_dict)

    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = obvious(images)
        torch.testing.assert_close(
            ours(images), expected, rtol=1e-4,
            atol=1e-4 * expected.abs().max().item())


@pytest.mark.parametrize('bfloat16', [False, True])
def test_prints_and_writes_a_table(tool, tmp_path, capsys, monkeypatch,
                                   bfloat16):
    monkeypatch.setattr(
        tool('benchmark'), 'multiplies_bfloat16', lambda device: bfloat16)
    out = tmp_path / 'speed.json'
    threads = torch.get_num_threads()
    code = tool('benchmark').main([
        '--config',
        str(CONFIGS / 'daffnet-tiny_pbc5.py'), '--batch-size', '2', '--size',
        '64', '--rounds', '1', '--threads',
        str(threads), '--out',
        str(out)
    ])
    assert code == 0
    table = capsys.readouterr().out
    for name in ('ours', 'obvious, NCHW', 'obvious, channels-last',
                 'ResNet50', *['ours, bfloat16'] * bfloat16):
        assert re.search(rf'^{name} +[\d.]+ +[\d.]+ x +[\d.]+ +[\d.]+ x$',
                         table, re.M), table
    assert ('bfloat16' in table) is bfloat16
    result = json.loads(out.read_text())
    assert result['setting']['batch_size'] == 2
    row = result['summary']['training']['obvious, NCHW']
    ours, other = (result['rounds']['training'][name][0]
                   for name in ('ours', 'obvious, NCHW'))
    assert row['images_per_second'] == other
    assert row['ours_is_faster_by'] == ours / other


def test_bfloat16_is_the_precision_of_the_row(tool, monkeypatch):
    benchmark = tool('benchmark')
    monkeypatch.setattr(benchmark, 'multiplies_bfloat16', lambda device: True)
    contestants = benchmark.build_contestants(
        CONFIGS / 'daffnet-tiny_pbc5.py', 2, 64, 'cpu')
    for name, dtype in (('ours', torch.float32),
                        ('ours, bfloat16', torch.bfloat16)):
        contestant = contestants[name]
        found = []
        contestant.model.backbone.layer1.register_forward_hook(
            lambda module, args, output, found=found: found.append(
                output.dtype))
        contestant.train_step()
        contestant.infer_step()
        assert found == [dtype, dtype]


def test_ratios_are_medians_of_the_rounds(tool):
    benchmark = tool('benchmark')
    speeds = {
        'training': {
            benchmark.OURS: [2., 8., 3.],
            benchmark.RESNET: [1., 1., 3.]
        }
    }
    row = benchmark.summarise(speeds)['training'][benchmark.RESNET]
    assert row == dict(images_per_second=1., ours_is_faster_by=2.)


def test_what_trains_in_the_comparison(tool):
    contestants = tool('benchmark').build_contestants(
        CONFIGS / 'daffnet_pbc.py', 1, 32, 'cpu')
    for name, frozen in (('ours', 'neck.predictor.'),
                         ('obvious, NCHW', 'map.')):
        for key, parameter in contestants[name].model.named_parameters():
            assert parameter.requires_grad is not key.startswith(frozen), key


@pytest.mark.parametrize('arguments, message', [
    (['--config', 'nowhere.py'], 'nowhere.py does not exist'),
    (['--device', 'spam'], "device 'spam' cannot be used"),
])
def test_bad_input(tool, capsys, arguments, message):
    assert tool('benchmark').main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


def test_counts_are_above_zero(tool, capsys):
    with pytest.raises(SystemExit) as stop:
        tool('benchmark').main(['--rounds', '0'])
    assert stop.value.code == 2
    assert '0 is not above 0' in capsys.readouterr().err


def test_a_frozen_branch_in_bfloat16_is_measured_in_float32_too(
        tool, monkeypatch):
    benchmark = tool('benchmark')
    monkeypatch.setattr(benchmark, 'multiplies_bfloat16', lambda device: True)
    contestants = benchmark.build_contestants(
        CONFIGS / 'daffnet_pbc.py', 1, 32, 'cpu')
    assert contestants['ours'].model.neck.bfloat16
    assert not contestants['ours, float32'].model.neck.bfloat16
    monkeypatch.setattr(benchmark, 'multiplies_bfloat16', lambda device: False)
    assert 'ours, float32' not in benchmark.build_contestants(
        CONFIGS / 'daffnet_pbc.py', 1, 32, 'cpu')
