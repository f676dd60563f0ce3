import json
import re
from contextlib import contextmanager
from itertools import product

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from tool_process import REPOSITORY, load_tool

import daffnet_mm  # noqa: F401

CONFIGS = REPOSITORY / 'configs' / 'daffnet'


@pytest.fixture(scope='module')
def benchmark():
    return load_tool('analysis_tools/benchmark.py')


def contestants_of(benchmark, config, batch_size, size):
    return benchmark.build_contestants(
        benchmark.load_config(CONFIGS / config), batch_size, size, 'cpu'
    )


def test_the_obvious_composition_is_the_same_function():
    torch.manual_seed(0)
    ours = MODELS.build(Config.fromfile(CONFIGS / 'daffnet_pbc.py').model)
    module = load_tool('analysis_tools/obvious_daffnet.py')
    obvious = module.ObviousDAFFNet().eval()
    ours.eval()
    for name, buffer in obvious.named_buffers():  # not all alike
        if 'running' in name:
            buffer.uniform_(0.5, 1.5)

    theirs = obvious.state_dict()
    state_dict = {}
    for name, value in ours.state_dict().items():
        public = name.replace('neck.predictor.backbone.', 'map.resnet.')
        public = public.replace('neck.predictor.head.fc.', 'map.resnet.fc.')
        public = re.sub(r'^head\.fc\.', 'backbone.fc.', public)
        public = public.replace('head.classifier.', 'decoder.')
        if public.startswith('backbone.layer'):
            public = public.replace('conv2.branches', 'conv2.convs')
            public = public.replace('.bn3.', '.bn3.0.')
            public = public.replace('spatial_attention', 'bn3.1')
            public = public.replace('se.fc1', 'se.1').replace('se.fc2', 'se.3')
        public = re.sub(
            r'neck\.encoder\.expand\.(\d+)', r'mae.encoders.\1.0', public
        )
        public = re.sub(
            r'neck\.encoder\.squeeze\.(\d+)', r'mae.encoders.\1.2', public
        )
        public = re.sub(
            r'neck\.encoder\.convs\.(\d)\.(conv|bn)\.',
            lambda m: f'mae.convs.{m[1]}.{int(m[2] == "bn")}.',
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
    benchmark, tmp_path, capsys, monkeypatch, native
):
    monkeypatch.setattr(
        benchmark, 'multiplies_bfloat16', lambda device: native
    )
    out = tmp_path / 'speed.json'
    config = str(CONFIGS / 'daffnet-tiny_pbc5.py')
    options = '--batch-size 2 --image-size 64 --rounds 1 --device cpu'
    options += f' --threads {torch.get_num_threads()} --out'
    code = benchmark.main(['--config', config, *options.split(), str(out)])
    assert code == 0
    table = capsys.readouterr().out
    names = ('ours', 'obvious, NCHW', 'obvious, channels-last', 'ResNet50')
    for precision in ('float32', *['bfloat16'] * native):
        for name in names:
            figures = r'[\d.]+( \| +[\d.]+ x){2} \|$'
            row = rf'\| +{precision} \| +{name} \| +{figures}'
            assert len(re.findall(row, table, re.MULTILINE)) == 2, table
    assert ('bfloat16' in table) is native
    result = json.loads(out.read_text())
    assert result['setting']['batch_size'] == 2
    rows = {
        (row.pop('task'), row.pop('precision'), row.pop('model')): row
        for row in result['rows']
    }
    row = rows['training', 'float32', 'obvious, NCHW']
    (other,) = row.pop('rounds')
    # small models train in mixed precision where they can
    trained = 'bfloat16' if native else 'float32'
    (ours,) = rows['training', trained, 'ours']['rounds']
    (same,) = rows['training', 'float32', 'ours']['rounds']
    assert row == dict(
        images_per_second=other,
        ours_is_faster_by=ours / other,
        ours_in_this_precision_is_faster_by=same / other,
    )
    # tools/test.py tests them in float32
    assert rows['inference', 'float32', 'ours']['ours_is_faster_by'] == 1


def test_the_precision_of_a_step(benchmark):
    contestants = contestants_of(benchmark, 'daffnet-tiny_pbc5.py', 2, 64)
    contestant = contestants['ours']
    found = []
    contestant.model.backbone.layer1.register_forward_hook(
        lambda module, args, output: found.append(output.dtype)
    )
    for precision in ('float32', 'bfloat16'):
        contestant.step('training', precision)
        contestant.step('inference', precision)
    assert found == [torch.float32] * 2 + [torch.bfloat16] * 2


def test_gradients_are_taken_as_in_a_training(benchmark, monkeypatch):
    entered = []

    @contextmanager
    def mode():
        entered.append('gradients')
        yield

    monkeypatch.setattr(benchmark, 'DepthwiseGradientsInFloat32', mode)
    contestants = contestants_of(benchmark, 'daffnet-tiny_pbc5.py', 2, 64)
    for task, precision in product(
        ('training', 'inference'), ('float32', 'bfloat16')
    ):
        contestants['ours'].step(task, precision)
        expected = task == 'training' and precision == 'bfloat16'
        assert bool(entered) is expected
        entered.clear()


def test_ratios_are_medians_of_the_rounds(benchmark):
    rows = [
        dict(task='training', precision=precision, model=model, rounds=rounds)
        for precision, model, rounds in (
            ('float32', 'ours', [2.0, 8.0, 3.0]),
            ('float32', 'ResNet50', [1.0, 1.0, 3.0]),
            ('bfloat16', 'ours', [4.0, 9.0, 9.0]),
            ('bfloat16', 'ResNet50', [8.0, 3.0, 2.0]),
        )
    ]
    benchmark.summarise(rows, 'bfloat16')
    found = [[*row.values()][4:] for row in rows if row['model'] == 'ResNet50']
    assert found == [[1.0, 4.0, 2.0], [3.0, 3.0, 3.0]]


def test_all_take_turns_after_a_round_that_does_not_count():
    calls, seconds = [], iter(range(100))
    steps = {name: lambda name=name: calls.append(name) for name in 'ab'}
    timing = load_tool('analysis_tools/timing.py')
    spent = timing.time_in_turn(steps, 2, lambda: next(seconds))
    assert ''.join(calls) == 'abbaab'
    assert spent == dict(a=[1, 1], b=[1, 1])


def test_what_trains_in_the_comparison(benchmark):
    contestants = contestants_of(benchmark, 'daffnet_pbc.py', 1, 32)
    frozen_parts = {'ours': 'neck.predictor.', 'obvious, NCHW': 'map.'}
    for name, frozen in frozen_parts.items():
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
def test_bad_input(benchmark, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        benchmark.main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1
