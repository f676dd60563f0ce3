import pytest
import torch
from mmpretrain.models.utils import SELayer
from mmpretrain.registry import MODELS
from torch import nn

from daffnet_mm.models.backbones import EfficientNetLite


@pytest.fixture(scope='module')
def model():
    return EfficientNetLite()


@pytest.mark.parametrize(
    ('arch', 'published'),
    [('lite0', 4_652_008), ('lite1', 5_416_680), ('lite2', 6_092_072)],
)
def test_has_the_parameters_of_the_published_network(arch, published):
    """With the ImageNet classifier (1280 x 1000 + 1000)."""
    count = sum(p.numel() for p in EfficientNetLite(arch).parameters())
    assert count + 1280 * 1000 + 1000 == published


def test_stem_and_end_have_one_size():
    """As TensorFlow's EfficientNet-Lite has it; what lies between grows."""
    stages = EfficientNetLite('lite2').layers
    assert [len(stage) for stage in stages[1:-1]] == [1, 3, 3, 8, 6]
    assert stages[0].conv.out_channels == 32
    assert stages[-1].conv.in_channels == 352
    assert stages[-1].conv.out_channels == 1280


def test_is_plain(model):
    kinds = {type(module) for module in model.modules()}
    assert SELayer not in kinds
    assert nn.ReLU6 in kinds
    assert not any('Swish' in kind.__name__ for kind in kinds)


def test_stages():
    model = EfficientNetLite(out_indices=range(7))
    shapes = [tuple(x.shape[1:]) for x in model(torch.randn(1, 3, 64, 64))]
    assert shapes == [
        (32, 32, 32),
        (16, 32, 32),
        (24, 16, 16),
        (40, 8, 8),
        (112, 4, 4),
        (320, 2, 2),
        (1280, 2, 2),
    ]


def test_modes_can_be_chained(model):
    assert model.eval() is model and not model.training
    assert model.train() is model and model.training


def test_by_name():
    model = MODELS.build(dict(type='EfficientNetLite', drop_path_rate=0.1))
    assert isinstance(model, EfficientNetLite)
    with pytest.raises(AssertionError, match='lite0'):
        EfficientNetLite('b0')
