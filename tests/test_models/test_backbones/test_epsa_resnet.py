import json
import logging
from unittest import mock

import numpy as np
import pytest
import torch
import torchvision
from mmengine.optim import OptimWrapper
from mmpretrain.models import ResNet
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn

from daffnet_mm.models.attention import SpatialAttention
from daffnet_mm.models.backbones import EPSAResNet
from daffnet_mm.models.backbones.epsa_resnet import EPSABottleneck

GATE = dict(type='SpatialAttention', kernel_size=7)
TRANSFORMER = dict(type='SpatialTransformer', hidden_channels=16)


def tiny(**kwargs):
    small = dict(depth=18, base_channels=16, stem_channels=16)
    return MODELS.build({'type': 'EPSAResNet', **small, **kwargs})


def psa_count(width):
    branch = width // 4
    hidden = max(1, branch // 16)
    kernels = width * 9 + width // 4 * 25 + width // 8 * 49 + width // 16 * 81
    return branch * kernels + 2 * branch * hidden + hidden + branch


# -- geometry ----------------------------------------------------------------


@pytest.mark.parametrize(
    ('depth', 'expansion'), [(18, 1), (34, 1), (50, 4), (101, 4)]
)
def test_four_maps(depth, expansion):
    model = tiny(depth=depth, out_indices=(0, 1, 2, 3))
    maps = model(torch.randn(1, 3, 64, 96))
    assert [tuple(map.shape) for map in maps] == [
        (1, 16 * 2**i * expansion, 16 // 2**i, 24 // 2**i) for i in range(4)
    ]


def test_default_is_the_last_map():
    out = tiny()(torch.randn(2, 3, 32, 32))
    assert isinstance(out, tuple)
    assert [tuple(map.shape) for map in out] == [(2, 128, 1, 1)]


@pytest.mark.parametrize('depth', [152, 20, '50'])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match=r'\(18, 34, 50, 101\), not'):
        EPSAResNet(depth)


@pytest.mark.parametrize('base_channels', [16, 24, 32, 40, 48])
@pytest.mark.parametrize('depth', [18, 50])
def test_base_channels(depth, base_channels):
    model = tiny(depth=depth, base_channels=base_channels)
    model(torch.randn(2, 3, 32, 32))[0].sum().backward()


@pytest.mark.parametrize(
    ('depth', 'blocks'),
    [(18, (2,) * 4), (50, (3, 4, 6, 3)), (101, (3, 4, 23, 3))],
)
def test_parameter_count(count, depth, blocks):
    expected = count(ResNet(depth)) + sum(
        n * (psa_count(width) - 9 * width**2)
        for n, width in zip(blocks, (64, 128, 256, 512), strict=True)
    )
    assert count(EPSAResNet(depth)) == expected


def test_epsanet_50_has_the_parameters_of_its_paper(count):
    # Table 2 of EPSANet: 22.56 million with the classifier of ImageNet
    total = count(EPSAResNet(50)) + 2048 * 1000 + 1000
    assert round(total / 1e6, 2) == 22.56


def test_gate_adds_98_parameters_a_block(count):
    gates = count(tiny(spatial_attention=GATE)) - count(tiny())
    assert gates == 8 * 2 * 49


# -- the arguments of MMPretrain's ResNet ------------------------------------


@pytest.mark.parametrize(
    'kwargs',
    [
        dict(deep_stem=True),
        dict(avg_down=True),
        dict(in_channels=1),
        dict(
            num_stages=2, strides=(1, 2), dilations=(1, 1), out_indices=(0, 1)
        ),
        dict(depth=50, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
        dict(depth=50, style='caffe'),
        dict(drop_path_rate=0.2),
        dict(norm_cfg=dict(type='GN', num_groups=4)),
        dict(conv_cfg=dict(type='Conv2d')),
        dict(depth=50, expansion=2),
    ],
)
def test_arguments_give_the_shapes_of_resnet(kwargs):
    kwargs = {'depth': 18, 'stem_channels': 32, 'base_channels': 32, **kwargs}
    x = torch.randn(2, kwargs.get('in_channels', 3), 64, 64)
    expected = [out.shape for out in ResNet(**kwargs)(x)]
    assert [out.shape for out in EPSAResNet(**kwargs)(x)] == expected


def test_caffe_style_strides_the_first_convolution():
    block = tiny(depth=50, style='caffe').layer2[0]
    assert block.conv1.stride == (2, 2)
    assert all(conv.stride == (1, 1) for conv in block.conv2.branches)


def test_dilation_reaches_the_branches():
    model = tiny(depth=50, strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2))
    branches = model.layer4[1].conv2.branches
    assert all(conv.dilation == (2, 2) for conv in branches)


@pytest.mark.parametrize('position', ['block', 'stage'])
def test_frozen_stages(position):
    model = tiny(
        frozen_stages=2, spatial_attention=GATE, attention_position=position
    )
    model.train()
    for name, parameter in model.named_parameters():
        frozen = name.startswith(('conv1.', 'bn1.', 'layer1.', 'layer2.'))
        assert parameter.requires_grad is not frozen, name
    assert not any(m.training for m in model.layer2.modules())
    assert all(m.training for m in model.layer3.modules())


def test_norm_eval():
    model = tiny(norm_eval=True)
    model.train()
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms and not any(m.training for m in norms)
    assert model.layer1[0].conv2.training


@pytest.mark.parametrize('depth', [18, 50])
def test_checkpointing_changes_nothing(depth):
    results = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        model = tiny(depth=depth, with_cp=with_cp, spatial_attention=GATE)
        torch.manual_seed(1)
        x = torch.randn(2, 3, 32, 32).requires_grad_()
        out = model(x)[0]
        out.square().sum().backward()
        results.append([out, x.grad, *(p.grad for p in model.parameters())])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(('depth', 'norm'), [(18, 'bn2'), (50, 'bn3')])
@pytest.mark.parametrize('zero', [True, False])
def test_zero_init_residual(depth, norm, zero):
    model = tiny(depth=depth, zero_init_residual=zero)
    model.init_weights()
    for layer in (model.layer1, model.layer4):
        weight = getattr(layer[0], norm).weight
        assert (weight == (0 if zero else 1)).all()


def test_psa_cfg():
    model = tiny(psa_cfg=dict(kernel_sizes=(3, 5), groups=(1, 2), reduction=4))
    psa = model.layer3[0].conv2
    assert [conv.kernel_size for conv in psa.branches] == [(3, 3), (5, 5)]
    assert psa.se.fc1.out_channels == 32 // 4


# -- spatial attention -------------------------------------------------------


@pytest.mark.parametrize('attention', [GATE, TRANSFORMER])
@pytest.mark.parametrize('position', ['psa', 'block', 'stage'])
@pytest.mark.parametrize('depth', [18, 50])
def test_positions(depth, position, attention):
    model = tiny(
        depth=depth, spatial_attention=attention, attention_position=position
    )
    out = model(torch.randn(2, 3, 32, 32))[0]
    out.square().sum().backward()
    attentions = [
        block.spatial_attention
        for i in range(1, 5)
        for block in getattr(model, f'layer{i}')
        if block.spatial_attention
    ]
    blocks = sum(model.stage_blocks)
    assert len(attentions) == (4 if position == 'stage' else blocks)
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize('position', ['psa', 'block', 'stage'])
def test_where_the_attention_acts(position):
    """An attention that erases everything shows where it stands."""
    block = EPSABottleneck(
        32, 32, spatial_attention=GATE, attention_position=position
    ).eval()
    block.spatial_attention.forward = torch.zeros_like
    block.norm2.weight.data.uniform_(0.5, 1)
    block.norm2.bias.data.uniform_(0.5, 1)
    block.norm3.bias.data.fill_(2)
    x = torch.rand(1, 32, 6, 6)
    out = block(x)
    if position == 'psa':  # the branch still gives its biases
        hidden = block.norm2(torch.zeros(1, 8, 6, 6)).relu()
        torch.testing.assert_close(
            out, (x + block.norm3(block.conv3(hidden))).relu()
        )
    elif position == 'block':  # only the identity is left
        torch.testing.assert_close(out, x)
    else:
        assert (out == 0).all()


def test_unknown_position_is_refused():
    with pytest.raises(ValueError, match="not 'neck'"):
        tiny(spatial_attention=GATE, attention_position='neck')


def test_no_attention_by_default():
    assert not any(isinstance(m, SpatialAttention) for m in tiny().modules())


# -- weights -----------------------------------------------------------------


ONE = torch.zeros(1)


def pretrained(path, **options):
    return dict(type='Pretrained', checkpoint=str(path), **options)


def plain_state_dict(naming):
    torch.manual_seed(3)
    if naming == 'torchvision':
        return torchvision.models.resnet50(num_classes=7).state_dict()
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='ResNet', depth=50),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=7, in_channels=2048),
        )
    )
    return model.state_dict()


@pytest.mark.parametrize(
    ('naming', 'prefix', 'left_out'),
    [
        ('torchvision', None, 18),
        ('mmpretrain', 'backbone.', 16),
        ('mmpretrain', 'backbone', 16),
    ],
)
def test_imagenet_weights(tmp_path, log, naming, prefix, left_out):
    state_dict = plain_state_dict(naming)
    path = tmp_path / 'resnet50.pth'
    torch.save(dict(state_dict=state_dict) if prefix else state_dict, path)
    init_cfg = pretrained(path, **(dict(prefix=prefix) if prefix else {}))
    model = EPSAResNet(50, spatial_attention=GATE, init_cfg=init_cfg)
    model.init_weights()

    own = model.state_dict()
    prefix = 'backbone.' if prefix else ''
    loaded = 0
    for name, value in own.items():
        if '.conv2.' in name or 'spatial_attention' in name:
            continue
        torch.testing.assert_close(value, state_dict[prefix + name])
        loaded += 1
    # 318 tensors, of which 16 are 3x3 convolutions
    assert loaded == 318 - 16
    # what was left out is told by name, once, and nothing else is
    told = [r for r in log if 'left out' in r.getMessage()]
    assert [r.levelname for r in told] == ['INFO']
    message = told[0].getMessage()
    assert f'took {loaded} tensors' in message
    assert f'{left_out} left out' in message
    assert message.count('.conv2.weight') == 16
    assert 'layer3.5.conv2.weight' in message
    assert ('fc.weight' in message) is (naming == 'torchvision')
    assert not [r for r in log if r.levelno >= logging.WARNING]
    # the PSA starts as it does without a checkpoint
    weight = model.layer1[0].conv2.branches[0].weight
    assert weight.std().item() == pytest.approx((2 / (9 * 16)) ** 0.5, rel=0.1)


def test_names_are_those_of_torchvision():
    theirs = set(torchvision.models.resnet50().state_dict())
    ours = set(EPSAResNet(50).state_dict())
    assert {n for n in theirs - ours if not n.startswith('fc.')} == {
        f'layer{i + 1}.{j}.conv2.weight'
        for i, n in enumerate((3, 4, 6, 3))
        for j in range(n)
    }
    assert all('.conv2.' in name for name in ours - theirs)


def test_torchvision_scheme(tmp_path):
    """``torchvision://resnet50`` goes through MMEngine's own loader."""
    state_dict = plain_state_dict('torchvision')
    with mock.patch(
        'mmengine.runner.checkpoint.load_from_http', return_value=state_dict
    ) as load:
        model = EPSAResNet(50, init_cfg=pretrained('torchvision://resnet50'))
        load.assert_not_called()
        model.init_weights()
    assert 'resnet50' in load.call_args.args[0]
    torch.testing.assert_close(model.conv1.weight, state_dict['conv1.weight'])


def test_own_checkpoint_loads_whole(tmp_path, log):
    torch.manual_seed(4)
    source = tiny(spatial_attention=GATE)
    path = tmp_path / 'epsa.pth'
    weights = {f'backbone.{n}': v for n, v in source.state_dict().items()}
    torch.save(dict(state_dict=weights), path)
    target = tiny(
        spatial_attention=GATE,
        init_cfg=[
            dict(type='Kaiming', layer='Conv2d'),
            pretrained(path, prefix='backbone.'),
        ],
    )
    target.init_weights()
    for name, value in source.state_dict().items():
        torch.testing.assert_close(target.state_dict()[name], value)
    assert not [r for r in log if r.levelno >= logging.WARNING]
    assert any('0 left out' in r.getMessage() for r in log)


def test_misfits_are_warned_of_by_name(tmp_path, log):
    path = tmp_path / 'other.pth'
    state_dict = ResNet(18).state_dict()
    state_dict['spam.weight'] = torch.zeros(1)
    del state_dict['layer2.0.conv1.weight']
    state_dict['conv1.weight'] = torch.zeros(64, 4, 7, 7)
    torch.save(state_dict, path)
    EPSAResNet(18, init_cfg=pretrained(path)).init_weights()
    warnings = [r.getMessage() for r in log if r.levelname == 'WARNING']
    assert len(warnings) == 1
    assert '2 tensors left out' in warnings[0]
    assert 'spam.weight' in warnings[0] and 'conv1.weight' in warnings[0]
    assert 'layer2.0.conv1.weight' in warnings[0]


@pytest.mark.parametrize(
    ('content', 'error', 'message'),
    [
        ({'backbone.conv1.weight': ONE}, ValueError, 'set the prefix'),
        # of the public EPSANet code
        (
            {'layer1.0.conv2.conv_1.weight': ONE},
            ValueError,
            'epsanet_to_mmpretrain.py',
        ),
        (dict(state_dict={}, hook=print), ValueError, r'x\.pth is refused'),
        (None, FileNotFoundError, r'x\.pth.*not exist'),
    ],
)
def test_bad_checkpoints_matter_at_init_weights_only(
    tmp_path, content, error, message
):
    path = tmp_path / 'x.pth'
    if content is not None:
        torch.save(content, path)
    model = tiny(init_cfg=pretrained(path))
    with pytest.raises(error, match=message):
        model.init_weights()


# -- reference figures and training ------------------------------------------


def test_block_agrees_with_the_public_code(shared):
    figures = np.load(shared / 'fixtures' / 'epsanet' / 'epsa_block.npz')
    block = EPSABottleneck(256, 256).eval()
    state_dict = {}
    for key in figures.files:
        if not key.startswith('param:'):
            continue
        name, value = key[6:], torch.from_numpy(figures[key])
        if name.startswith('bn2.') and value.ndim:
            value = torch.cat(value.chunk(4)[::-1])
        if name == 'conv3.weight':
            value = torch.cat(value.chunk(4, 1)[::-1], 1)
        if name.startswith('conv2.conv_'):
            name = f'conv2.branches.{int(name[11]) - 1}.weight'
        state_dict[name] = value
    block.load_state_dict(state_dict)
    with torch.no_grad():
        out = block(torch.from_numpy(figures['input'])).numpy()
    expected = figures['output']
    assert np.abs(out - expected).max() < 1e-4 * np.abs(expected).max()


def test_names_and_shapes_of_the_public_code(shared):
    figures = shared / 'fixtures/epsanet/epsanet50_state_dict_shapes.json'
    public = json.loads(figures.read_text())
    own = EPSAResNet(50).state_dict()
    for name, shape in public.items():
        if name.startswith('fc.'):
            continue
        for i in range(4):
            name = name.replace(f'conv_{i + 1}.', f'branches.{i}.')
        assert list(own.pop(name).shape) == shape
    assert not own


@pytest.mark.parametrize('attention', [None, GATE, TRANSFORMER])
def test_trains_under_linear_cls_head(attention):
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='EPSAResNet',
                depth=50,
                base_channels=16,
                zero_init_residual=False,
                spatial_attention=attention,
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=5, in_channels=512),
        )
    )
    model.init_weights()
    before = {n: p.clone() for n, p in model.named_parameters()}
    samples = [DataSample().set_gt_label(i % 5) for i in range(4)]
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    losses = model.train_step(
        dict(inputs=torch.randn(4, 3, 64, 64), data_samples=samples), optimizer
    )
    assert torch.isfinite(losses['loss'])
    for name, parameter in model.named_parameters():
        # The attentions' weights get gradients (see test_positions), which
        # one step can round away.
        if '.se.' not in name and 'spatial_attention' not in name:
            assert not torch.equal(parameter, before[name]), name
