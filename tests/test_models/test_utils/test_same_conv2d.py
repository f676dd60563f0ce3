import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding

from daffnet_mm.models.backbones import EfficientNetLite
from daffnet_mm.models.utils import SameConv2d


@pytest.fixture
def padded(monkeypatch):
    """Note whether an input was copied."""
    calls = []
    pad = F.pad

    def note(*args, **kwargs):
        calls.append(args)
        return pad(*args, **kwargs)

    monkeypatch.setattr(F, 'pad', note)
    return calls


@pytest.mark.parametrize('size', [(8, 8), (7, 9), (1, 1), (13, 6)])
@pytest.mark.parametrize(
    'settings',
    [
        dict(kernel_size=1),
        dict(kernel_size=3),
        dict(kernel_size=5, groups=4),
        dict(kernel_size=(3, 5), dilation=(2, 1)),
        dict(kernel_size=4, bias=False),
        dict(kernel_size=3, stride=2),
        dict(kernel_size=5, stride=2, groups=4),
        dict(kernel_size=(3, 1), stride=(2, 1)),
        dict(kernel_size=1, stride=2),
    ],
    ids=str,
)
def test_results_and_gradients_are_mmcvs(settings, size):
    torch.manual_seed(0)
    ours = SameConv2d(4, 8, **settings)
    theirs = Conv2dAdaptivePadding(4, 8, **settings)
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(2, 4, *size)
    found = []
    for layer in (ours, theirs):
        inputs = images.clone().requires_grad_()
        outputs = layer(inputs)
        outputs.square().sum().backward()
        found.append((outputs, inputs.grad, layer.weight.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_nothing_is_copied_at_a_stride_of_one(padded):
    SameConv2d(4, 4, 5)(torch.rand(1, 4, 8, 8))
    SameConv2d(4, 4, 3, stride=2)(torch.rand(1, 4, 7, 7))
    assert not padded
    SameConv2d(4, 4, 3, stride=2)(torch.rand(1, 4, 8, 8))
    assert len(padded) == 1


def test_efficientnet_lite_copies_at_its_strides_alone(padded):
    torch.manual_seed(0)
    ours = EfficientNetLite().eval()
    theirs = EfficientNetLite(conv_cfg=dict(type='Conv2dAdaptivePadding'))
    theirs.eval().load_state_dict(ours.state_dict())
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        (out,) = ours(images)
        assert len(padded) == 5
        padded.clear()
        torch.testing.assert_close(out, theirs(images)[0])
    assert len(padded) == 17


@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
@pytest.mark.parametrize('stride', [1, 2])
def test_a_traced_model_pads_by_constants(stride):
    """Exported, mmcv's has a dozen nodes for each."""
    layer = SameConv2d(4, 4, 5, stride=stride)
    images = torch.rand(1, 4, 8, 8)
    traced = torch.jit.trace(layer, images)
    kinds = {node.kind() for node in traced.inlined_graph.nodes()}
    assert 'aten::size' not in kinds and 'aten::sub' not in kinds
    torch.testing.assert_close(traced(images), layer(images))
