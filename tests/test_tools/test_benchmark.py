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


def contestants_of(tool, config, batch_size, size):
    benchmark = tool('benchmark')
    return benchmark.build_contestants(
        benchmark.load_config(CONFIGS / config), batch_size, size, 'cpu'
    )


def test_the_obvious_composition_is_the_same_function(tool):
    torch.manual_seed(0)
    ours = MODELS.build(Config.fromfile(CONFIGS / 'daffnet_pbc.py').model)
    obvious = tool('obvious_daffnet').ObviousDAFFNet()
    ours.eval()
    obvious.eval()
    for name, buffer in obvious.named_buffers():  # not all alike
        if 'running' in name:
            buffer.uniform_(0.5, 1.5)

    theirs = obvious.state_dict()
    block = iter(range(16))
    blocks = {
        (stage, i): next(block)
        for stage, count in enumerate((3, 4, 6, 3), 1)
        for i in range(count)
    }
    state_dict = {}
    for name, value in ours.state_dict().items():
        public = name.replace('neck.predictor.backbone.', 'map.resnet.')
        public = public.replace('neck.predictor.head.fc.', 'map.resnet.fc.')
        public = (
            public.replace('head.fc.', 'fc.')
            if public.startswith('head.')
            else public
        )
        public = public.replace('head.classifier.', 'decoder.')
        place = re.match(r'backbone\.layer(\d)\.(\d)\.', public)
        if place:
            number = blocks[int(place[1]), int(place[2])]
            public = f'blocks.{number}.{public[place.end() :]}'
            public = public.replace('conv2.branches', 'psa.convs')
            public = public.replace('conv2.se', 'psa.se')
            public = public.replace('spatial_attention', 'attention')
        public = public.removeprefix('backbone.')
        public = re.sub(
            r'neck\.encoder\.expand\.(\d+)', r'mae.encoders.\1.0', public
        )
        public = re.sub(
            r'neck\.encoder\.squeeze\.(\d+)', r'mae.encoders.\1.2', public
        )
        public = re.sub(
            r'neck\.encoder\.convs\.(\d)\.(conv|bn)\.',
            lambda m: f'mae.convs.{3 * int(m[1]) + (m[2] == "bn")}.',
            public,
        )
        if 'predictor.head.fc_attributes' in name:
            kind = name.rsplit('.', 1)[1]
            state_dict[name] = torch.cat(
                [theirs.pop(f'map.fcs.{i}.{kind}') for i in range(11)]
            )
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
            ours(images),
            expected,
            rtol=1e-4,
            atol=1e-4 * expected.abs().max().item(),
        )


@pytest.mark.parametrize('native', [False, True])
def test_prints_and_writes_a_table(
    tool, tmp_path, capsys, monkeypatch, native
):
    monkeypatch.setattr(
        tool('benchmark'), 'multiplies_bfloat16', lambda device: native
    )
    out = tmp_path / 'speed.json'
    threads = torch.get_num_threads()
    code = tool('benchmark').main(
        [
            '--config',
            str(CONFIGS / 'daffnet-tiny_pbc5.py'),
            '--batch-size',
            '2',
            '--image-size',
            '64',
            '--rounds',
            '1',
            '--threads',
            str(threads),
            '--device',
            'cpu',
            '--out',
            str(out),
        ]
    )
    assert code == 0
    table = capsys.readouterr().out
    for precision in ('float32', *['bfloat16'] * native):
        for name in (
            'ours',
            'obvious, NCHW',
            'obvious, channels-last',
            'ResNet50',
        ):
            assert (
                len(
                    re.findall(
                        rf'^{precision} +{name} +[\d.]+ +[\d.]+ x +[\d.]+ x$',
                        table,
                        re.MULTILINE,
                    )
                )
                == 2
            ), table
    assert ('bfloat16' in table) is native
    result = json.loads(out.read_text())
    assert result['setting']['batch_size'] == 2
    rounds = result['rounds']['training']
    row = result['summary']['training']['float32']['obvious, NCHW']
    other = rounds['float32']['obvious, NCHW'][0]
    # small models train in mixed precision where they can
    ours = rounds['bfloat16' if native else 'float32']['ours'][0]
    assert row == dict(
        images_per_second=other,
        ours_is_faster_by=ours / other,
        ours_in_this_precision_is_faster_by=rounds['float32']['ours'][0]
        / other,
    )
    # tools/test.py tests them in float32
    tested = result['summary']['inference']['float32']['ours']
    assert tested['ours_is_faster_by'] == 1


def test_the_precision_of_a_step(tool):
    contestants = contestants_of(tool, 'daffnet-tiny_pbc5.py', 2, 64)
    contestant = contestants['ours']
    found = []
    contestant.model.backbone.layer1.register_forward_hook(
        lambda module, args, output: found.append(output.dtype)
    )
    for precision in ('float32', 'bfloat16'):
        contestant.train_step(precision)
        contestant.infer_step(precision)
    assert found == [torch.float32] * 2 + [torch.bfloat16] * 2


def test_ratios_are_medians_of_the_rounds(tool):
    benchmark = tool('benchmark')
    speeds = {
        'training': {
            'float32': {
                benchmark.OURS: [2.0, 8.0, 3.0],
                benchmark.RESNET: [1.0, 1.0, 3.0],
            },
            'bfloat16': {
                benchmark.OURS: [4.0, 9.0, 9.0],
                benchmark.RESNET: [8.0, 3.0, 2.0],
            },
        }
    }
    summary = benchmark.summarise(speeds, 'bfloat16')['training']
    assert summary['float32'][benchmark.RESNET] == dict(
        images_per_second=1.0,
        ours_is_faster_by=4.0,
        ours_in_this_precision_is_faster_by=2.0,
    )
    assert summary['bfloat16'][benchmark.RESNET] == dict(
        images_per_second=3.0,
        ours_is_faster_by=3.0,
        ours_in_this_precision_is_faster_by=3.0,
    )


def test_what_trains_in_the_comparison(tool):
    contestants = contestants_of(tool, 'daffnet_pbc.py', 1, 32)
    for name, frozen in (
        ('ours', 'neck.predictor.'),
        ('obvious, NCHW', 'map.'),
    ):
        for key, parameter in contestants[name].model.named_parameters():
            assert parameter.requires_grad is not key.startswith(frozen), key


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--config', 'nowhere.py'], 'nowhere.py'),
        (
            ['--config', str(CONFIGS / '../_base_/default_runtime.py')],
            'no model with a head.num_classes',
        ),
    ],
)
def test_bad_input(tool, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        tool('benchmark').main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1
