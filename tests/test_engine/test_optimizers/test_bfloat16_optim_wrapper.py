from pathlib import Path

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn

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
