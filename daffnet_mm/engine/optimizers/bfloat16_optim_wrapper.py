from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import compress
from typing import Any

import torch
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Train in mixed precision with bfloat16, on CPUs too.

    MMEngine's ``AmpOptimWrapper`` needs a GPU. bfloat16 has the range of
    float32, so no loss is scaled; weights, batch statistics, losses and the
    optimiser's state stay float32. A device that cannot multiply bfloat16
    trains in float32, and the log says so. Gradients for which PyTorch has no
    fast bfloat16 code on a CPU are taken in float32
    (:class:`DepthwiseGradientsInFloat32`).

    Args:
        *args: As for MMEngine's ``OptimWrapper``.
        **kwargs: As for MMEngine's ``OptimWrapper``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weights = [
            weight
            for group in self.optimizer.param_groups
            for weight in group['params']
        ]
        device = weights[0].device
        self.device_type = device.type
        self.enabled = multiplies_bfloat16(device)
        MMLogger.get_current_instance().info(
            f'training in {"bfloat16" if self.enabled else "float32"}: this '
            f'{device.type} {"has" if self.enabled else "lacks"} bfloat16 '
            'instructions'
        )
        self.has_slow_gradients = (
            self.enabled
            and device.type == 'cpu'
            and any(weight.shape[1:2] == (1,) for weight in weights)
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

    def backward(self, loss: Tensor, **kwargs: Any) -> None:
        """Take the gradients of a loss.

        Args:
            loss (Tensor): The loss, a scalar.
            **kwargs: As for ``Tensor.backward``.
        """
        with (
            DepthwiseGradientsInFloat32()
            if self.has_slow_gradients
            else nullcontext()
        ):
            super().backward(loss, **kwargs)


class DepthwiseGradientsInFloat32(TorchDispatchMode):
    """Where bfloat16 is slow in a backward pass on a CPU, use float32.

    Two gradients of a depthwise convolution have no fast bfloat16 code in
    oneDNN: that of the input where the stride is above 1, and that of a
    kernel larger than 3x3. On an AMD EPYC, with PyTorch 2.14, they take two to
    a hundred times as long as in float32 (docs/benchmarks.md). All else stays
    as it is.
    """

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> Any:
        """Run one operation of the backward pass.

        Args:
            func (OpOverload): The operation.
            types (Sequence[type]): Not used.
            args (tuple): Its arguments.
            kwargs (dict, optional): The further ones. Defaults to None.

        Returns:
            Any: What the operation returns, of the same types.
        """
        kwargs = kwargs or {}
        if func is not torch.ops.aten.convolution_backward.default:
            return func(*args, **kwargs)
        grad, image, weight, *setting, mask = args
        _, stride, _, _, transposed, _, groups = setting
        depthwise = groups > 1 and weight.shape[1] == 1 and not transposed
        if not depthwise or image.dtype != torch.bfloat16:
            return func(*args, **kwargs)
        # Of the gradients of input, weight and bias.
        slow = (max(stride) > 1, max(weight.shape[2:]) > 3, False)
        found: list[Tensor | None] = [None, None, None]
        for dtype, is_slow in (
            (torch.bfloat16, False),
            (torch.float32, True),
        ):
            wanted = [
                asked and its == is_slow
                for asked, its in zip(mask, slow, strict=True)
            ]
            if not any(wanted):
                continue
            tensors = [tensor.to(dtype) for tensor in (grad, image, weight)]
            gradients = func(*tensors, *setting, wanted, **kwargs)
            for index in compress(range(3), wanted):
                found[index] = gradients[index].to(torch.bfloat16)
        return tuple(found)


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
