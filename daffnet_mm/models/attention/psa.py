import math
from collections.abc import Sequence
from functools import partial

import torch
import torch.nn as nn
from mmcv.cnn import build_conv_layer
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from ..utils.pooling import plain_mean
from .tiled_conv import TiledConv2d


class SEWeight(BaseModule):
    """The excitation of squeeze-and-excitation, without the scaling.

    Args:
        channels (int): Channels of a branch.
        reduction (int): How many times narrower the hidden layer is; it
            keeps at least one channel. Defaults to 16.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self, channels: int, reduction: int = 16, init_cfg: dict | None = None
    ):
        super().__init__(init_cfg)
        hidden = max(1, channels // reduction)
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Conv2d(hidden, channels, 1)

    def forward(self, pooled: Tensor) -> Tensor:
        """Weigh the channels.

        Args:
            pooled (Tensor): Spatial means, of shape (N, channels, 1, 1).

        Returns:
            Tensor: Weights between 0 and 1, of the same shape.
        """
        return self.fc2(self.relu(self.fc1(pooled))).sigmoid()


def fitting_groups(nominal: int, in_channels: int, out_channels: int) -> int:
    """Find the largest number, at most ``nominal``, that divides both."""
    common = math.gcd(in_channels, out_channels)
    return next(n for n in range(nominal, 0, -1) if common % n == 0)


@MODELS.register_module()
class PSA(BaseModule):
    """Pyramid squeeze attention, the EPSA of DAFFNet's section 2.1.

    It is that of `EPSANet <https://arxiv.org/abs/2105.14447>`_.

    Grouped convolutions of several kernel sizes each make an equal share of
    the output channels. One squeeze-and-excitation module, shared by these
    branches, weighs the channels; a softmax over the branches makes the
    weights of the channels at the same place in their branches sum to 1.

    The branches are concatenated in the order of ``kernel_sizes``. (The
    public EPSANet code concatenates them the other way round, which
    ``tools/model_converters/epsanet_to_mmpretrain.py`` puts right.)

    Args:
        in_channels (int): Input channels.
        out_channels (int): Output channels, a multiple of the number of
            branches.
        stride (int): Stride of every branch. Defaults to 1.
        dilation (int): Dilation of every branch. Defaults to 1.
        kernel_sizes (Sequence[int]): An odd kernel size for each branch.
            Defaults to ``(3, 5, 7, 9)``.
        groups (Sequence[int]): The group count of each branch. A branch too
            narrow for it takes the largest smaller count that divides its
            input and output channels. Defaults to ``(1, 4, 8, 16)``.
        reduction (int): Reduction of the squeeze-and-excitation module.
            Defaults to 16.
        conv_cfg (dict, optional): Config of the branches' convolutions.
            Defaults to None: :class:`TiledConv2d`, which is ``Conv2d`` with
            a faster way on CPUs.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        dilation: int = 1,
        kernel_sizes: Sequence[int] = (3, 5, 7, 9),
        groups: Sequence[int] = (1, 4, 8, 16),
        reduction: int = 16,
        conv_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        if len(groups) != len(kernel_sizes):
            raise ValueError(
                'PSA needs one group count per kernel size, not '
                f'{len(groups)} for {len(kernel_sizes)} kernel sizes.'
            )
        if any(kernel % 2 == 0 for kernel in kernel_sizes):
            raise ValueError(
                f'PSA needs odd kernel sizes, not {tuple(kernel_sizes)}.'
            )
        if out_channels % len(kernel_sizes):
            raise ValueError(
                f'PSA cannot share {out_channels} output channels equally '
                f'among {len(kernel_sizes)} branches.'
            )
        self.out_channels = out_channels
        channels = out_channels // len(kernel_sizes)
        build = (
            TiledConv2d
            if conv_cfg is None
            else partial(build_conv_layer, conv_cfg)
        )
        self.branches = nn.ModuleList(
            build(
                in_channels,
                channels,
                kernel,
                stride=stride,
                padding=dilation * (kernel // 2),
                dilation=dilation,
                groups=fitting_groups(nominal, in_channels, channels),
                bias=False,
            )
            for kernel, nominal in zip(kernel_sizes, groups, strict=True)
        )
        self.se = SEWeight(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        """Extract and weigh features of several scales.

        Args:
            x (Tensor): Features of shape (N, in_channels, H, W).

        Returns:
            Tensor: Features of shape (N, out_channels, H', W').
        """
        branches = [branch(x) for branch in self.branches]
        # They share one SE module, and go through it as a batch. Each is
        # scaled before the concatenation: to pool and scale the concatenated
        # map takes about twice as long on a CPU.
        pooled = torch.stack(
            [plain_mean(branch, (2, 3)) for branch in branches], 1
        )
        weights = self.se(pooled.flatten(0, 1)).view_as(pooled).softmax(1)
        pairs = zip(branches, weights.unbind(1), strict=True)
        return torch.cat([branch * weight for branch, weight in pairs], dim=1)
