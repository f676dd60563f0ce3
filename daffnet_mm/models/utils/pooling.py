"""From a feature map to one vector a sample."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn as nn
from mmpretrain.registry import MODELS


def plain_mean(x: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    """Take the mean, with fewer passes over the features than ``mean``.

    On a CPU ``mean`` first makes a float32 copy of bfloat16 features (a sum
    is taken in float32 without one), and its gradient fills a whole map.

    Args:
        x (Tensor): Features.
        dims (tuple[int, ...]): The dimensions to average over; they stay,
            with the size 1.

    Returns:
        Tensor: The mean.
    """
    # float16 has no room for large sums. A graph would count the positions
    # anew at every run.
    if x.dtype == torch.float16 or torch.jit.is_tracing():
        return x.mean(dims, keepdim=True)
    return x.sum(dims, keepdim=True) / math.prod(x.shape[dim] for dim in dims)


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


def pool_last_feature(
    feats: torch.Tensor | Sequence[torch.Tensor],
    pooling: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> torch.Tensor:
    """Reduce what a backbone gives to one vector a sample.

    MMPretrain's backbones give a tuple of stage outputs; convolutional ones
    give maps, transformers with a class token or ConvNeXt give vectors. The
    last stage is taken, and a map is pooled over its positions.

    Args:
        feats (Tensor | Sequence[Tensor]): Feature maps of shape (N, C, H, W)
            or vectors of shape (N, C); of a sequence the last counts.
        pooling (Callable, optional): What makes (N, C) of a map. Defaults to
            None, the average.

    Returns:
        Tensor: The pooled feature, of shape (N, C).

    Raises:
        ValueError: If the last feature has neither two nor four dimensions.
    """
    feat: Any = feats
    while isinstance(feat, (list, tuple)):
        feat = feat[-1]
    if feat.dim() == 4:
        return feat.mean(dim=(2, 3)) if pooling is None else pooling(feat)
    if feat.dim() == 2:
        return feat
    raise ValueError(
        'the backbone gives a feature of shape '
        f'{tuple(feat.shape)}, but (N, C, H, W) or (N, C) is needed; for a '
        "transformer, set out_type='cls_token' or 'avg_featmap'"
    )
