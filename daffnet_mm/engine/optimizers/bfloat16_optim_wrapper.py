from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn

from daffnet_mm.utils.bfloat16_support import multiplies_bfloat16


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

    def __init__(self, *args, **kwargs) -> None:
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
