from collections.abc import Callable, Sequence
from typing import Any

import torch


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
