from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Train in mixed precision with bfloat16, on CPUs too.

    MMEngine's ``AmpOptimWrapper`` needs a GPU. bfloat16 has the range of
    float32, so no loss is scaled; weights, batch statistics, losses and the
    optimiser's state stay float32. A device that cannot multiply bfloat16
    trains in float32, and the log says so.

    Args:
        *args: As for MMEngine's ``OptimWrapper``.
        **kwargs: As for MMEngine's ``OptimWrapper``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        device = self.optimizer.param_groups[0]['params'][0].device
        self.device_type = device.type
        self.enabled = multiplies_bfloat16(device)
        MMLogger.get_current_instance().info(
            f'training in {"bfloat16" if self.enabled else "float32"}: this '
            f'{device.type} {"has" if self.enabled else "lacks"} bfloat16 '
            'instructions'
        )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enclose the forward pass of a training step.

        Args:
            model (nn.Module): The model.
        """
        with (
            super().optim_context(model),
            torch.autocast(
                self.device_type, torch.bfloat16, enabled=self.enabled
            ),
        ):
            yield


def multiplies_bfloat16(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 in its own instructions.

    Where it does not, PyTorch emulates them, slower than float32.

    Args:
        device (torch.device): A CPU or a CUDA device.

    Returns:
        bool: Whether it does.
    """
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != 'cpu':
        return False
    # Public from PyTorch 2.10 only.
    if hasattr(torch.cpu, 'get_capabilities'):
        found = torch.cpu.get_capabilities()
        return bool(
            found.get('avx512_bf16')
            or found.get('amx_bf16')
            or found.get('arm_bf16')
            or found.get('bf16')
        )
    return (
        torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
    )
