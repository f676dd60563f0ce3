import math

import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor


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
