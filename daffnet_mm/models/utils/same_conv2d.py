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

    def forward(self, x: Tensor) -> Tensor:
        """Convolve feature maps.

        Args:
            x (Tensor): Of shape (N, C, H, W).

        Returns:
            Tensor: Of shape (N, C', H', W'), where H' and W' are H and W over
            the stride, rounded up.
        """
        before, after = [], []
        for side, kernel, stride, dilation in zip(
            # Numbers in a model that is traced, too: it pads by constants.
            map(int, x.shape[-2:]),
            self.kernel_size,
            self.stride,
            self.dilation,
            strict=True,
        ):
            reached = (ceil(side / stride) - 1) * stride
            added = max(reached + (kernel - 1) * dilation + 1 - side, 0)
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
