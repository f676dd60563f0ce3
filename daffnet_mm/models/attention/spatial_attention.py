import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from .spatial_gate import spatial_gate


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
