from math import ceil

import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor


class SameConv2d(Conv2dAdaptivePadding):
    """A convolution padded as TensorFlow's "same", without copies.

    mmcv's ``Conv2dAdaptivePadding`` copies its input into a larger one with
    zeros around it, for each convolution. Where as much is added on both
    sides, as always with an odd kernel and a stride of 1, the convolution
    itself pads here.
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
        before, after = [], []
        for side, stride, reach in zip(
            # Numbers in a model that is traced, too: it pads by constants.
            map(int, x.shape[-2:]),
            self.stride,
            self._reach,
            strict=True,
        ):
            added = max(
                (ceil(side / stride) - 1) * stride + reach + 1 - side, 0
            )
            before.append(added // 2)
            after.append(added - added // 2)
        padding = before
        if before != after:
            (top, left), (bottom, right) = before, after
            x, padding = F.pad(x, [left, right, top, bottom]), [0, 0]
        return F.conv2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            padding,
            self.dilation,
            self.groups,
        )
