from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from .channel_attention import ChannelAttention
from .spatial_attention import SpatialAttention


@MODELS.register_module()
class SCAM(BaseModule):
    """Chen et al.'s spatial and channel attention module (Fig. 3b).

    The spatial attention comes first, and the channel attention sees what it
    gives: SAM + CAM in Table 5. CBAM itself has them the other way round
    (:class:`CSAM`).

    Args:
        in_channels (int): Channels of the features.
        reduction (int): Reduction of the channel attention. Defaults to 16.
        kernel_size (int): Kernel size of the spatial attention, odd.
            Defaults to 7.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        in_channels: int,
        reduction: int = 16,
        kernel_size: int = 7,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.spatial = SpatialAttention(in_channels, kernel_size)
        self.channel = ChannelAttention(in_channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        """Attend to places, then to channels.

        Args:
            x (Tensor): Features of shape (N, C, H, W).

        Returns:
            Tensor: Features of the same shape.
        """
        return self.channel(self.spatial(x))


@MODELS.register_module()
class CSAM(SCAM):
    """Channel attention, then spatial attention: CBAM's own order.

    CAM + SAM in Chen et al.'s Table 5.

    Args:
        **kwargs: As for :class:`SCAM`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Attend to channels, then to places."""
        return self.spatial(self.channel(x))


@MODELS.register_module()
class ParallelAttention(SCAM):
    """Channel and spatial attention side by side.

    CAM // SAM in Chen et al.'s Table 5. Both see the same features. Neither
    Chen et al. nor CBAM say how the two results become one; here they are
    added. Gates start near one half, so the sum keeps the features' scale.

    Args:
        **kwargs: As for :class:`SCAM`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Attend to channels and to places, and add the results."""
        return self.channel(x) + self.spatial(x)
