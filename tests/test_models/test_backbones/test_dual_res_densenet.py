import pytest
import torch
from foreign_backbones import LinspaceOnCPU
from mmpretrain.registry import MODELS

from daffnet_mm.models.attention import SCAM

RESNET = dict(
    type='ResNet',
    depth=18,
    base_channels=8,
    stem_channels=8,
    num_stages=3,
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    out_indices=(2,),
)
DENSENET = dict(
    type='TruncatedDenseNet',
    arch=dict(growth_rate=4, depths=[2, 2, 2, 2], init_channels=8),
    num_stages=3,
)


def small(**kwargs):
    return MODELS.build(
        dict(
            type='DualResDenseNet',
            **{
                'resnet': RESNET,
                'densenet': DENSENET,
                'in_channels': dict(resnet=32, densenet=16),
                'channels': 12,
                'attention': None,
                **kwargs,
            },
        )
    )


def test_maps_of_the_papers_network(count):
    """ResNet50 and DenseNet121: 1024 channels each, 512 after the 1x1s."""
    with torch.device('meta'), LinspaceOnCPU():
        model = MODELS.build(dict(type='DualResDenseNet'))
        shapes = {}

        def note(name):
            def hook(module, args, out):
                out = out[-1] if isinstance(out, tuple) else out
                shapes[name] = tuple(out.shape)

            return hook

        for name, module in [
            *model.branches.items(),
            *((f'{n} 1x1', m) for n, m in model.projections.items()),
            ('attention', model.attention),
        ]:
            module.register_forward_hook(note(name))
        out = model(torch.empty(2, 3, 224, 224))
    names = ('resnet 1x1', 'densenet 1x1', 'attention')
    assert shapes == {
        **dict.fromkeys(('resnet', 'densenet'), (2, 1024, 14, 14)),
        **dict.fromkeys(names, (2, 512, 14, 14)),
    }
    assert isinstance(out, tuple) and len(out) == 1
    assert out[0].shape == (2, 512, 14, 14)
    assert isinstance(model.attention, SCAM)
    assert all(c.kernel_size == (1, 1) for c in model.projections.values())
    # torchvision's ResNet50 without layer4 and fc; DenseNet121 up to and with
    # the normalisation behind its third block, by hand
    resnet, densenet = map(count, model.branches.values())
    assert resnet == 25_557_032 - 14_964_736 - 2_049_000
    block = sum(
        (512 + 32 * i) * (2 + 128) + 2 * 128 + 128 * 32 * 9 for i in range(16)
    )
    above = 1024 * 1000 + 1000 + 1024 * 512 + 2 * 1024
    assert densenet == 7_978_856 - above - block


@pytest.mark.parametrize(('fusion', 'channels'), [('sum', 12), ('concat', 24)])
def test_fusion(fusion, channels):
    model = small(fusion=fusion).eval()
    x = torch.randn(2, 3, 64, 96)
    (out,) = model(x)
    maps = [
        model.projections[name](branch(x)[-1])
        for name, branch in model.branches.items()
    ]
    assert list(model.branches) == ['resnet', 'densenet']
    assert out.shape == (2, channels, 4, 6)
    assert model.out_channels == channels
    torch.testing.assert_close(
        out, maps[0] + maps[1] if fusion == 'sum' else torch.cat(maps, 1)
    )


@pytest.mark.parametrize('fusion', ['sum', 'concat'])
@pytest.mark.parametrize('left_out', ['resnet', 'densenet'])
def test_one_branch_alone(left_out, fusion):
    model = small(fusion=fusion, **{left_out: None}).eval()
    (kept,) = model.branches
    assert kept != left_out
    assert list(model.projections) == [kept]
    x = torch.randn(2, 3, 64, 64)
    (out,) = model(x)
    torch.testing.assert_close(
        out, model.projections[kept](model.branches[kept](x)[-1])
    )


ATTENTIONS = 'SCAM CSAM ParallelAttention ChannelAttention SpatialAttention'


@pytest.mark.parametrize('type', [*ATTENTIONS.split(), 'SE', 'ECA'])
def test_attention_sees_the_fused_map(type):
    model = small(fusion='concat', attention=dict(type=type)).eval()
    x = torch.randn(2, 3, 64, 64)
    (out,) = model(x)
    torch.testing.assert_close(out, model.attention(model.fuse(x)))
    assert not torch.allclose(out, model.fuse(x))
    if 'channel' in type.lower():
        assert model.attention.fc1.in_features == 24


def test_any_backbones():
    model = small(
        resnet=dict(type='EPSAResNet', depth=18, base_channels=16),
        densenet=dict(type='MobileNetV2', out_indices=(7,)),
        in_channels=dict(resnet=128, densenet=1280),
    )
    (out,) = model(torch.randn(2, 3, 64, 64))
    assert out.shape == (2, 12, 2, 2)


def test_different_map_sizes_are_refused():
    model = small(densenet=dict(DENSENET, num_stages=2))
    with pytest.raises(
        ValueError, match=r'resnet \(4, 4\), densenet \(8, 8\).*same fraction'
    ):
        model(torch.randn(1, 3, 64, 64))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="fusion='mean' must be 'sum' or"):
        small(fusion='mean')
    with pytest.raises(ValueError, match='needs a branch'):
        small(resnet=None, densenet=None)


@torch.no_grad()
def test_can_be_traced():
    """Counting multiplications and exporting trace the network."""
    model = small().eval()
    images = torch.rand(1, 3, 64, 64)
    traced = torch.jit.trace(model, images)
    torch.testing.assert_close(traced(images)[0], model(images)[0])
