import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class SpatialTransformer(BaseModule):
    """The affine spatial transformer that DAFFNet cites for its SA.

    It is that of `Jaderberg et al. <https://arxiv.org/abs/1506.02025>`_.

    A small localisation network reads an affine map from the features, pooled
    to 4 rows and columns, and the features are sampled where that map points:
    important regions are moved and enlarged, not weighed. It starts as the
    identity.

    Args:
        in_channels (int): Channels of the features.
        hidden_channels (int): Channels of the localisation network.
            Defaults to 32.
        init_cfg (dict, optional): Initialisation of all but the last layer.
            Defaults to None.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 32,
        init_cfg: dict | None = None,
    ):
        super().__init__(init_cfg)
        self.localisation = nn.Sequential(
            nn.Conv2d(in_channels, hidden_channels, 1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(hidden_channels * 4**2, hidden_channels),
            nn.ReLU(inplace=True),
        )
        self.affine = nn.Linear(hidden_channels, 6)
        self._start_as_identity()

    def _start_as_identity(self) -> None:
        nn.init.zeros_(self.affine.weight)
        with torch.no_grad():
            self.affine.bias.copy_(torch.eye(2, 3).flatten())

    def init_weights(self) -> None:
        """Initialise the weights; the module is the identity afterwards."""
        super().init_weights()
        self._start_as_identity()

    def forward(self, x: Tensor) -> Tensor:
        """Sample the features where the localisation network points.

        Args:
            x (Tensor): Features of shape (N, C, H, W).

        Returns:
            Tensor: Features of the same shape.
        """
        theta = self.affine(self.localisation(x)).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        return F.grid_sample(
            x, grid, padding_mode='border', align_corners=False
        )
