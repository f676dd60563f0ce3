from pathlib import Path

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import daffnet_mm.engine.optimizers.bfloat16_optim_wrapper as module


@pytest.fixture(params=[True, False], ids=['native', 'lacking'])
def trained(request, monkeypatch):
    """Take one step on a machine with, or without, the instructions."""
    monkeypatch.setattr(
        module, 'multiplies_bfloat16', lambda device: request.param
    )
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    wrapper = build_optim_wrapper(
        model,
        dict(
            type='mmpretrain.BFloat16OptimWrapper',
            optimizer=dict(type='SGD', lr=0.5),
            accumulative_counts=1,
        ),
    )
    before = model.weight.detach().clone()
    with wrapper.optim_context(model):
        outputs = model(torch.tensor([[1.0, 2.0, 4.0]]))
    wrapper.update_params(outputs.float().sum())
    return request.param, wrapper, outputs, before - model.weight.detach()


def test_forward_is_bfloat16_where_the_machine_has_it(trained):
    native, wrapper, outputs, _ = trained
    assert isinstance(wrapper, OPTIM_WRAPPERS.get('BFloat16OptimWrapper'))
    assert outputs.dtype == (torch.bfloat16 if native else torch.float32)


def test_weights_stay_float32_and_learn(trained):
    step = trained[3]
    assert step.dtype == torch.float32
    # the gradient of the sum of outputs is the input, exact in bfloat16
    torch.testing.assert_close(
        step, torch.tensor([[0.5, 1.0, 2.0]]).expand(2, 3)
    )


def test_nothing_is_cast_outside_of_the_context(trained):
    assert not torch.is_autocast_enabled('cpu')


def test_it_agrees_with_the_kernel():
    """Which instructions there are, Linux says too."""
    kernel = Path('/proc/cpuinfo')
    if not kernel.is_file():
        pytest.skip('not a Linux')
    flags = {'avx512_bf16', 'amx_bf16', 'bf16'} & {*kernel.read_text().split()}
    assert module.multiplies_bfloat16(torch.device('cpu')) == bool(flags)
    assert not module.multiplies_bfloat16(torch.device('meta'))


class Recorder(TorchDispatchMode):
    """Note the precision of each gradient of a convolution."""

    def __init__(self):
        super().__init__()
        self.input, self.weight = [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.convolution_backward.default:
            wants_input, wants_weight, _ = args[-1]
            self.input += [args[1].dtype] * wants_input
            self.weight += [args[1].dtype] * wants_weight
        return func(*args, **(kwargs or {}))


def gradients_of(model, images, wrapped=True):
    """Take the gradients as a training does.

    Returns:
        tuple: Those of images and weight, and who recorded.
    """
    wrapper = build_optim_wrapper(
        model,
        dict(
            type='mmpretrain.BFloat16OptimWrapper',
            optimizer=dict(type='SGD', lr=0.5),
        ),
    )
    images = images.clone().requires_grad_()
    with wrapper.optim_context(model):
        outputs = model(images)
    factors = torch.linspace(-1, 1, outputs.numel()).reshape(outputs.shape)
    loss = (outputs.float() * factors).sum()
    with Recorder() as recorder:
        if wrapped:
            wrapper.backward(loss)
        else:
            loss.backward()
    return images.grad, model.weight.grad, recorder


@pytest.mark.parametrize(
    ('kernel', 'stride', 'groups', 'of_input', 'of_weight'),
    [
        (3, 1, 8, 'bfloat16', 'bfloat16'),
        (3, 2, 8, 'float32', 'bfloat16'),
        (5, 1, 8, 'bfloat16', 'float32'),
        (5, 2, 8, 'float32', 'float32'),
        (5, 2, 4, 'bfloat16', 'bfloat16'),  # grouped, not depthwise
        (5, 2, 1, 'bfloat16', 'bfloat16'),
    ],
)
def test_slow_gradients_are_taken_in_float32(
    kernel, stride, groups, of_input, of_weight, monkeypatch
):
    monkeypatch.setattr(module, 'multiplies_bfloat16', lambda device: True)
    torch.manual_seed(0)
    model = nn.Conv2d(
        8, 8, kernel, stride, kernel // 2, groups=groups, bias=groups < 8
    )
    images = torch.randn(2, 8, 16, 16)
    for_images, for_weight, recorder = gradients_of(model, images)
    assert recorder.input == [getattr(torch, of_input)]
    assert recorder.weight == [getattr(torch, of_weight)]
    assert for_images.dtype == for_weight.dtype == torch.float32

    # As autograd takes them, but for bfloat16's eight bits.
    model.zero_grad()
    expected = gradients_of(model, images, wrapped=False)
    torch.testing.assert_close(for_images, expected[0], rtol=0.02, atol=0.02)
    torch.testing.assert_close(for_weight, expected[1], rtol=0.02, atol=0.02)


def test_what_is_frozen_gets_no_gradient(monkeypatch):
    monkeypatch.setattr(module, 'multiplies_bfloat16', lambda device: True)
    model = nn.Sequential(
        nn.Conv2d(4, 4, 5, 2, 2, groups=4), nn.Conv2d(4, 4, 5, groups=4)
    )
    model[0].requires_grad_(False)
    wrapper = build_optim_wrapper(
        model,
        dict(
            type='mmpretrain.BFloat16OptimWrapper',
            optimizer=dict(type='SGD', lr=0.5),
        ),
    )
    before = [weight.clone() for weight in model.parameters()]
    with wrapper.optim_context(model):
        loss = model(torch.rand(1, 4, 16, 16)).float().sum()
    with Recorder() as recorder:
        wrapper.update_params(loss)
    assert recorder.input == []
    assert recorder.weight == [torch.float32]
    moved = [
        not torch.equal(old, new)
        for old, new in zip(before, model.parameters(), strict=True)
    ]
    assert moved == [False, False, True, True]


def test_float32_and_models_without_such_layers_are_left_alone(monkeypatch):
    monkeypatch.setattr(module, 'multiplies_bfloat16', lambda device: False)
    *_, recorder = gradients_of(
        nn.Conv2d(8, 8, 5, 2, 2, groups=8), torch.rand(1, 8, 16, 16)
    )
    assert recorder.input == recorder.weight == [torch.float32]

    entered = []
    monkeypatch.setattr(module, 'multiplies_bfloat16', lambda device: True)
    monkeypatch.setattr(
        module.DepthwiseGradientsInFloat32,
        '__enter__',
        lambda mode: entered.append(mode),
    )
    gradients_of(nn.Conv2d(8, 8, 5), torch.rand(1, 8, 16, 16))
    assert entered == []
