import torch
import torch.nn as nn
from mmpretrain.registry import MODELS


@MODELS.register_module()
class AverageMaxPooling(nn.Module):
    """The mean of a map's average and its maximum, channel by channel.

    The average tells how much of the cell shows a feature, the maximum
    whether any of it does (a single vacuole). Their mean has as many channels
    as the map.
    """

    def forward(self, feat: torch.Tensor) -> torch.Tensor:
        """Pool a feature map.

        Args:
            feat (Tensor): Shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C).
        """
        return (feat.mean(dim=(2, 3)) + feat.amax(dim=(2, 3))) / 2
