from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS

from daffnet_lite.structures import ATTRIBUTE_SIZES


@MODELS.register_module()
class MorphologicalAttributeEncoder(BaseModule):
    """DAFFNet's Morphological Attribute Encoder, MAE (Sec. 2.2.2, Fig. 3).

    Each attribute's n probabilities go through a linear layer to 10n values,
    a sigmoid, and a linear layer to as many values as there are attributes.
    The rows are stacked to a square map (11 x 11), which three unpadded
    convolutions (1x1, 3x3, 5x5 to 8, 64, 128 channels, each with batch
    normalisation and ReLU) and an average pool turn into 128 values.

    Args:
        attribute_sizes (Sequence[int]): The number of values of each
            attribute; at least 7 attributes, since the convolutions take 6
            off the map's side. Defaults to the eleven of WBCAtt.
        expansion (int): How many times wider the hidden layer of an attribute
            is. Defaults to 10.
        channels (Sequence[int]): Output channels of the three convolutions.
            Defaults to ``(8, 64, 128)``.
        norm_cfg (dict): Normalisation. Defaults to ``dict(type='BN')``.
        init_cfg (dict, optional): Initialisation. Defaults to None:
            PyTorch's.

    Raises:
        ValueError: If there are fewer than 7 attributes.
    """

    KERNEL_SIZES = (1, 3, 5)

    def __init__(
        self,
        attribute_sizes: Sequence[int] = ATTRIBUTE_SIZES,
        expansion: int = 10,
        channels: Sequence[int] = (8, 64, 128),
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        num_attributes = len(attribute_sizes)
        if num_attributes < 7:
            raise ValueError(
                'the morphological attribute encoder needs at least 7 '
                'attributes (its convolutions shrink the attribute map by 6), '
                f'but got {num_attributes}'
            )
        self.num_attributes = num_attributes
        self.out_channels = channels[-1]
        self.expand = nn.ModuleList(
            nn.Linear(size, expansion * size) for size in attribute_sizes
        )
        self.squeeze = nn.ModuleList(
            nn.Linear(expansion * size, num_attributes)
            for size in attribute_sizes
        )
        self.convs = nn.Sequential(
            *map(
                partial(ConvModule, norm_cfg=norm_cfg),
                (1, *channels[:-1]),
                channels,
                self.KERNEL_SIZES,
            )
        )

    @staticmethod
    def _parallel(layers: Iterable[Any], x: torch.Tensor) -> torch.Tensor:
        """Apply one linear layer per attribute as one block-diagonal one."""
        if torch.jit.is_tracing():  # ONNX knows no block diagonal
            parts = x.split([layer.in_features for layer in layers], 1)
            outputs = map(nn.Module.__call__, layers, parts)
            return torch.cat(list(outputs), 1)
        weight = torch.block_diag(*[layer.weight for layer in layers])
        bias = torch.cat([layer.bias for layer in layers])
        return F.linear(x, weight, bias)

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Encode attribute probabilities.

        Args:
            scores (Tensor): Softmax probabilities of all attributes side by
                side, shape (N, sum of attribute_sizes).

        Returns:
            Tensor: The morphological feature, shape (N, 128).
        """
        hidden = self._parallel(self.expand, scores).sigmoid()
        rows = self._parallel(self.squeeze, hidden)
        square = rows.view(-1, 1, self.num_attributes, self.num_attributes)
        return self.convs(square).mean(dim=(2, 3))
