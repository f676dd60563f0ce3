import pytest
import torch
from mmengine.runner import save_checkpoint
from mmpretrain.models.backbones import DenseNet
from mmpretrain.registry import MODELS

from daffnet_mm.models.backbones import TruncatedDenseNet

SMALL = dict(growth_rate=8, depths=[2, 3, 4, 2], init_channels=16)


@pytest.mark.parametrize(
    ('num_stages', 'channels', 'side'),
    [(1, 16 + 16, 16), (2, 16 + 24, 8), (3, 20 + 32, 4), (4, 26 + 16, 2)],
)
def test_ends_after_a_dense_block(num_stages, channels, side):
    model = TruncatedDenseNet(SMALL, num_stages)
    (out,) = model(torch.randn(2, 3, 64, 64))
    assert out.shape == (2, channels, side, side)


def test_densenet121_has_1024_channels_at_a_sixteenth():
    with torch.device('meta'):
        (out,) = TruncatedDenseNet()(torch.empty(1, 3, 224, 224))
    assert out.shape == (1, 1024, 14, 14)


@pytest.mark.parametrize('num_stages', [1, 3, 4])
def test_weights_of_the_whole_network_load(tmp_path, num_stages):
    """What comes out is what the whole network has at that place."""
    torch.manual_seed(0)
    whole = DenseNet(SMALL)
    for module in whole.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight)
            torch.nn.init.normal_(module.bias)
            torch.nn.init.normal_(module.running_mean)
    whole.eval()
    path = str(tmp_path / 'whole.pth')
    weights = {f'backbone.{k}': v for k, v in whole.state_dict().items()}
    save_checkpoint(dict(state_dict=weights), path)

    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    options = dict(num_stages=num_stages, init_cfg=init_cfg)
    model = MODELS.build(dict(type='TruncatedDenseNet', arch=SMALL, **options))
    model.init_weights()
    model.eval()

    expected = []
    transition = whole.transitions[num_stages - 1]
    # the ReLU, and before the last transition the one of the whole network
    transition[1].register_forward_hook(
        lambda m, args, out: expected.append(out)
    )
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        whole(x)
        (out,) = model(x)
    # MMPretrain's DenseNet shares one ReLU where it is whole
    torch.testing.assert_close(out, expected[-1])


def test_own_weights_load():
    model, other = (TruncatedDenseNet(SMALL, 2) for _ in range(2))
    other.load_state_dict(model.state_dict())


@pytest.mark.parametrize('num_stages', [0, 5])
def test_other_numbers_of_stages_are_refused(num_stages):
    with pytest.raises(ValueError, match='between 1 and 4'):
        TruncatedDenseNet(SMALL, num_stages)


def test_unknown_arch_is_refused():
    with pytest.raises(ValueError, match="'120' must be one of 121, 169"):
        TruncatedDenseNet('120')
