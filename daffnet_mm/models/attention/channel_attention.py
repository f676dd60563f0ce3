"""Gates on the channels of a feature map."""

import math

import torch
import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.models.utils import SELayer
from mmpretrain.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class ChannelAttention(BaseModule):
    """A gate on every channel of a feature map: Chen et al.'s CAM (Fig. 3b).

    It is the channel attention module of `CBAM
    <https://arxiv.org/abs/1807.06521>`_ (equation 2): the means and the
    maxima over all places go through one perceptron with a hidden layer, the
    two results are added, and a sigmoid makes the gate.

    Args:
        in_channels (int): Channels of the features.
        reduction (int): How many times narrower the hidden layer is; it
            keeps at least one channel. Defaults to 16.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        in_channels: int,
        reduction: int = 16,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        hidden = max(1, in_channels // reduction)
        # As in the equation, without biases.
        self.fc1 = nn.Linear(in_channels, hidden, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Linear(hidden, in_channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels.

        Args:
            x (Tensor): Features of shape (N, C, H, W).

        Returns:
            Tensor: The features, each channel scaled by its own factor
            between 0 and 1, of the same shape.
        """
        pooled = torch.stack([x.mean((2, 3)), x.amax((2, 3))])
        gate = self.fc2(self.relu(self.fc1(pooled))).sum(0).sigmoid()
        return x * gate[..., None, None]


@MODELS.register_module()
class ECA(BaseModule):
    """`Efficient channel attention <https://arxiv.org/abs/1910.03151>`_.

    A row of Chen et al.'s Table 5. A convolution along the channels, over
    their means, makes the gate: each channel is weighed by its neighbours,
    without a narrower hidden layer.

    Args:
        in_channels (int): Channels of the features.
        kernel_size (int, optional): Kernel size of the convolution, odd.
            Defaults to None: equation 12 of ECA-Net, the odd number next to
            (log2(in_channels) + 1) / 2; 5 for 512 channels.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        in_channels: int,
        kernel_size: int | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if kernel_size is None:
            # `| 1` makes an even number the next odd one.
            kernel_size = int((math.log2(in_channels) + 1) / 2) | 1
        if kernel_size % 2 == 0:
            raise ValueError(
                f'ECA needs an odd kernel_size, not {kernel_size}.'
            )
        self.conv = nn.Conv1d(
            1, 1, kernel_size, padding=kernel_size // 2, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels.

        Args:
            x (Tensor): Features of shape (N, C, H, W).

        Returns:
            Tensor: The features, each channel scaled by its own factor
            between 0 and 1, of the same shape.
        """
        gate = self.conv(x.mean((2, 3))[:, None]).sigmoid()
        return x * gate[:, 0, :, None, None]


@MODELS.register_module()
class SE(SELayer):
    """`Squeeze-and-excitation <https://arxiv.org/abs/1709.01507>`_.

    MMPretrain's layer under the arguments that all attention modules here
    share; a row of Chen et al.'s Table 5.

    Args:
        in_channels (int): Channels of the features.
        **kwargs: ``ratio`` and further arguments of MMPretrain's
            ``SELayer``.
    """

    def __init__(self, in_channels: int, **kwargs) -> None:
        super().__init__(in_channels, **kwargs)
