from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn as nn

from daffnet_lite.errors import InputError


def decision_layer(model: nn.Module) -> nn.Linear:
    """Find the linear layer that gives a classifier's cell types.

    Args:
        model (nn.Module): A classifier of MMPretrain's kind.

    Returns:
        nn.Linear: The last of its head with as many outputs as there are
        classes.

    Raises:
        InputError: If there is none.
    """
    head: Any = model.head
    classes = getattr(head, 'num_classes', None)
    layers = [
        layer
        for layer in head.modules()
        if isinstance(layer, nn.Linear) and layer.out_features == classes
    ]
    if not layers:
        raise InputError(
            f'{type(head).__name__} has no linear layer that gives the cell '
            'types, so there are no features that it decides on; use a '
            'FusionHead, a MAPHead with num_classes or a LinearClsHead'
        )
    return layers[-1]


@contextmanager
def watch_decisions(
    model: nn.Module,
) -> Iterator[Callable[[], torch.Tensor]]:
    """Keep what a classifier decides on while it predicts a batch.

    That is the input of :func:`decision_layer`.

    Args:
        model (nn.Module): A classifier of MMPretrain's kind.

    Yields:
        Callable: After a prediction within the block it gives the features,
        float32 on the CPU, of shape (N, D); the mean, if several views of the
        batch were predicted.

    Raises:
        InputError: If the model has no such layer.
    """
    views: list[torch.Tensor] = []

    def keep(layer: nn.Module, inputs: tuple) -> None:
        views.append(inputs[0].detach())

    hook = decision_layer(model).register_forward_pre_hook(keep)
    try:
        yield lambda: torch.stack(views).float().mean(0).cpu()
    finally:
        hook.remove()
