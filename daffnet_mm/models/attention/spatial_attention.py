import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_input, conv2d_weight

from ..utils.pooling import plain_mean


def _gate(pooled: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(pooled, weight, padding=weight.shape[-1] // 2).sigmoid()


class _SpatialGate(Function):
    """The gate for training, with a gradient that takes fewer passes.

    PyTorch would make a whole feature map each for the gradients of the mean,
    of the maximum and of the product, and then add them. Here one map gets
    the product's gradient, the mean's is added to it, and the maximum's put
    where the maximum was.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        maximum, place = x.max(1, keepdim=True)
        pooled = torch.cat([plain_mean(x, (1,)), maximum], dim=1)
        gate = _gate(pooled, weight)
        ctx.save_for_backward(x, weight, pooled, gate, place)
        return x * gate

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight, pooled, gate, place = ctx.saved_tensors
        of_logits = (grad * x).sum(1, keepdim=True) * gate * (1 - gate)
        # autocast may have lowered the precision of the forward pass
        pooled = pooled.to(of_logits.dtype)
        lowered = weight.to(of_logits.dtype)
        padding = weight.shape[-1] // 2
        of_weight = conv2d_weight(
            pooled, weight.shape, of_logits, padding=padding
        )
        of_mean, of_maximum = conv2d_input(
            pooled.shape, lowered, of_logits, padding=padding
        ).split(1, dim=1)

        out = grad * gate
        out += of_mean / x.shape[1]
        # ``scatter_add_`` would copy a bfloat16 map there and back
        image, _, row, column = torch.meshgrid(
            *(torch.arange(side, device=grad.device) for side in place.shape),
            indexing='ij',
        )
        out[image, place, row, column] += of_maximum
        return out, of_weight.to(weight.dtype)


def spatial_gate(x: Tensor, weight: Tensor) -> Tensor:
    """Scale every place by what its channels' mean and maximum say.

    Where channels tie for the maximum, the first one that PyTorch finds gets
    the gradient.

    Args:
        x (Tensor): Features of shape (N, C, H, W).
        weight (Tensor): Kernel of the convolution over the mean and the
            maximum, of shape (1, 2, k, k), k odd.

    Returns:
        Tensor: The features, each place scaled by a factor between 0 and 1.
    """
    # A trace knows no gradient of ours: it shows the operations themselves.
    own_gradient = torch.is_grad_enabled() and not torch.jit.is_tracing()
    if x.requires_grad and own_gradient:
        return _SpatialGate.apply(x, weight)
    # the place of the maximum takes time to find, and nobody asks for it
    pooled = torch.cat([plain_mean(x, (1,)), x.amax(1, keepdim=True)], dim=1)
    return x * _gate(pooled, weight)


@MODELS.register_module()
class SpatialAttention(BaseModule):
    """A gate on every place of a feature map: DAFFNet's SA, section 2.1.

    The paper asks for important regions to be found and their features to be
    scaled. The gate is that of `CBAM <https://arxiv.org/abs/1807.06521>`_
    (section 3, spatial attention module): the channels' mean and maximum, one
    convolution, a sigmoid.

    Args:
        in_channels (int, optional): Channels of the features. Taken so that
            all attention modules are built alike; the gate does not depend
            on it. Defaults to None.
        kernel_size (int): Kernel size of the convolution, odd. Defaults to 7.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        in_channels: int | None = None,
        kernel_size: int = 7,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        if kernel_size % 2 == 0:
            raise ValueError(
                'SpatialAttention needs an odd kernel_size, not '
                f'{kernel_size}.'
            )
        # its weights are used, by spatial_gate; it is not called itself
        self.conv = nn.Conv2d(
            2, 1, kernel_size, padding=kernel_size // 2, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale the features of every place.

        Args:
            x (Tensor): Features of shape (N, C, H, W).

        Returns:
            Tensor: The features, each place scaled by its own factor between
            0 and 1, of the same shape.
        """
        return spatial_gate(x, self.conv.weight)
