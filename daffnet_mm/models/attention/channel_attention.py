import torch
import torch.nn as nn
from mmengine.model import BaseModule
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
