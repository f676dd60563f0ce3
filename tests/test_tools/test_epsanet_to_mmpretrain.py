import importlib.util
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_mm.models.backbones import EPSAResNet

TOOL = (
    Path(__file__).resolve().parents[2]
    / 'tools'
    / 'model_converters'
    / 'epsanet_to_mmpretrain.py'
)


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location(TOOL.stem, TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reference_value(name, shape):
    """The rule by which the reference figures' weights were filled."""
    seed = zlib.crc32(name.encode())
    z = np.random.default_rng(seed).standard_normal(shape)
    if name.endswith('num_batches_tracked'):
        return torch.tensor(0)
    if len(shape) == 4:
        z = z * np.sqrt(2 / np.prod(shape[1:]))
    elif len(shape) == 2:
        z = 0.01 * z
    elif name.endswith('running_var'):
        z = 1 + 0.1 * np.abs(z)
    elif name.endswith('weight'):
        z = 1 + 0.1 * z
    else:
        z = 0.1 * z
    return torch.from_numpy(z.astype(np.float32))


@pytest.fixture(scope='module')
def figures(shared):
    folder = shared / 'fixtures' / 'epsanet'
    shapes = json.loads(
        (folder / 'epsanet50_state_dict_shapes.json').read_text()
    )
    weights = {n: reference_value(n, s) for n, s in shapes.items()}
    return weights, np.load(folder / 'epsanet50_expected.npz')


def public_epsanet(depth):
    """A state dict with the public names, made from our own."""
    state_dict = {}
    for name, value in EPSAResNet(depth).state_dict().items():
        for i in range(4):
            name = name.replace(f'branches.{i}.', f'conv_{i + 1}.')
        state_dict[name] = value
    state_dict['fc.weight'] = torch.zeros(3, 2048)
    state_dict['fc.bias'] = torch.zeros(3)
    return state_dict


@pytest.fixture(scope='module')
def public50():
    return public_epsanet(50)


@pytest.mark.parametrize('wrapped', [False, True])
def test_whole_network_agrees_with_the_public_code(
    tool, figures, tmp_path, wrapped, capsys
):
    weights, expected = figures
    if wrapped:
        weights = dict(
            epoch=120,
            state_dict={f'module.{n}': v for n, v in weights.items()},
        )
    src, dst = tmp_path / 'epsanet50.pth', tmp_path / 'converted.pth'
    torch.save(weights, src)
    assert tool.main([str(src), str(dst)]) == 0
    assert 'EPSAResNet-50, 432 tensors' in capsys.readouterr().out

    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='EPSAResNet', depth=50, out_indices=(0, 1, 2, 3)
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(
                type='LinearClsHead', num_classes=1000, in_channels=2048
            ),
        )
    )
    checkpoint = torch.load(dst, weights_only=True)
    model.load_state_dict(checkpoint['state_dict'])
    model.eval()
    with torch.no_grad():
        pooled = model.neck(
            model.backbone(torch.from_numpy(expected['input']))
        )
        logits = model.head(pooled)
    for out, key in zip(
        (*pooled, logits),
        (*(f'layer{i}_pooled' for i in range(1, 5)), 'logits'),
        strict=True,
    ):
        error = np.abs(out.numpy() - expected[key]).max()
        assert error < 1e-4 * np.abs(expected[key]).max(), key


def test_converted_backbone_loads_by_init_cfg(tool, public50, tmp_path):
    src, dst = tmp_path / 'epsanet.pth', tmp_path / 'converted.pth'
    torch.save(public50, src)
    assert tool.main([str(src), str(dst)]) == 0
    model = EPSAResNet(
        50,
        init_cfg=dict(
            type='Pretrained', checkpoint=str(dst), prefix='backbone.'
        ),
    )
    model.init_weights()
    block = model.layer2[1]
    public = 'layer2.1.conv2.conv_3.weight'
    torch.testing.assert_close(
        block.conv2.branches[2].weight, public50[public]
    )
    # the first branch's 32 channels come last in the public code
    torch.testing.assert_close(
        block.conv3.weight[:, :32], public50['layer2.1.conv3.weight'][:, -32:]
    )


def test_depth_101(tool):
    converted = tool.convert(public_epsanet(101))
    assert 'backbone.layer3.22.conv2.branches.3.weight' in converted
    assert tuple(converted['head.fc.weight'].shape) == (3, 2048)


def save_text(path):
    path.write_text('no checkpoint at all')


def save_nothing(path):
    path.touch()


def save_code(path):
    torch.save(dict(state_dict={}, hook=print), path)


def save_list(path):
    torch.save([torch.zeros(1)], path)


def save_resnet(path):
    weights = public_epsanet(50)
    torch.save({n: v for n, v in weights.items() if '.conv2.' not in n}, path)


def save_other_depth(path):
    torch.save({'layer3.0.conv1.weight': torch.zeros(1)}, path)


def save_without_classifier(path):
    weights = public_epsanet(50)
    del weights['fc.weight']
    torch.save(weights, path)


def save_unknown(path):
    torch.save(dict(public_epsanet(50), spam=torch.zeros(1)), path)


def save_misshapen(path):
    weights = public_epsanet(50)
    weights['layer1.0.conv1.weight'] = torch.zeros(3, 3)
    torch.save(weights, path)


@pytest.mark.parametrize(
    ('save', 'message'),
    [
        (None, 'does not exist'),
        (save_text, 'is not a checkpoint, or not a whole one'),
        (save_nothing, 'is not a checkpoint, or not a whole one'),
        (save_code, 'is refused because it asks for builtins.print'),
        (save_list, 'holds no weights'),
        (save_resnet, 'tensors are missing'),
        (save_other_depth, 'no EPSANet-50 or -101'),
        (save_without_classifier, '1 tensors are missing'),
        (save_unknown, 'unknown, the first is'),
        (save_misshapen, 'misshapen'),
    ],
)
def test_bad_sources(tool, tmp_path, capsys, save, message):
    src, dst = tmp_path / 'source.pth', tmp_path / 'converted.pth'
    dst.write_text('an earlier result')
    if save:
        save(src)
    with pytest.raises(SystemExit) as stop:
        tool.main([str(src), str(dst)])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert message in error and str(src) in error
    assert error.count('\n') == 1
    assert dst.read_text() == 'an earlier result'
    assert {p.name for p in tmp_path.iterdir()} <= {src.name, dst.name}
