from math import ceil

import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor


class SameConv2d(Conv2dAdaptivePadding):
    """A convolution padded as TensorFlow's "same", without copies.

    mmcv's ``Conv2dAdaptivePadding`` copies its input into a larger one with
    zeros around it, for each convolution. Where as much is added on both
    sides, as always with a stride of 1, the convolution itself pads here.
    Weights, their names and, up to rounding, the results are the same.
    """

    @property
    def _reach(self) -> list[int]:
        """How far a kernel goes beyond its first place, in both directions."""
        return [
            (places - 1) * dilation
            for places, dilation in zip(
                self.kernel_size, self.dilation, strict=True
            )
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve feature maps.

        Args:
            x (Tensor): Of shape (N, C, H, W).

        Returns:
            Tensor: Of shape (N, C', H', W'), where H' and W' are H and W over
            the stride, rounded up.
        """
        added = [
            max((ceil(side / stride) - 1) * stride + reach + 1 - side, 0)
            for side, stride, reach in zip(
                x.shape[-2:], self.stride, self._reach, strict=True
            )
        ]
        if any(pixels % 2 for pixels in added):
            return super().forward(x)
        return F.conv2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            [pixels // 2 for pixels in added],
            self.dilation,
            self.groups,
        )
