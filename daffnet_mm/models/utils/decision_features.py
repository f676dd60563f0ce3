from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
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


class LinearDecision:
    """The linear function by which a classifier gives its cell types.

    A :class:`FusionHead` is one as a whole, of the backbone's pooled feature
    and the morphological one; of any other head it is the last layer.

    Args:
        model (nn.Module): A classifier of MMPretrain's kind.

    Attributes:
        layer (nn.Module): What computes it.

    Raises:
        InputError: If there is none.
    """

    def __init__(self, model: nn.Module) -> None:
        head: Any = model.head
        self.whole = hasattr(head, 'as_linear')
        self.layer: Any = head if self.whole else decision_layer(model)

    def inputs(self, given: Any) -> torch.Tensor:
        """Give the features, (N, D), of what the layer is called with."""
        return self.layer.linear_inputs(given) if self.whole else given

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the weights, (C, D), and the biases, (C, )."""
        layer = self.layer
        found = layer.as_linear() if self.whole else layer.parameters()
        weight, bias = (p.detach().cpu().double().numpy() for p in found)
        return weight, bias

    @torch.no_grad()
    def write(self, weight: np.ndarray, bias: np.ndarray) -> None:
        """Replace the function."""
        layer = self.layer
        device = next(layer.parameters()).device
        weights = torch.as_tensor(weight, device=device)
        biases = torch.as_tensor(bias, device=device)
        if self.whole:
            layer.become_linear(weights, biases)
        else:
            layer.weight.copy_(weights)
            layer.bias.copy_(biases)


@contextmanager
def watch_decisions(
    model: nn.Module, decision: LinearDecision | None = None
) -> Iterator[Callable[..., torch.Tensor]]:
    """Keep what a classifier decides on while it predicts a batch.

    Args:
        model (nn.Module): A classifier of MMPretrain's kind.
        decision (LinearDecision, optional): What of it is watched. Defaults
            to None: the input of :func:`decision_layer`.

    Yields:
        Callable: After a prediction within the block it gives the features,
        float32 on the CPU, of shape (N, D): the mean, if several views of the
        batch were predicted. With ``each=True`` it gives those of all views,
        (V, N, D).

    Raises:
        InputError: If the model has no such layer.
    """
    views: list[torch.Tensor] = []

    def keep(layer: nn.Module, inputs: tuple) -> None:
        given = decision.inputs(inputs[0]) if decision else inputs[0]
        views.append(given.detach())

    def features(each: bool = False) -> torch.Tensor:
        found = torch.stack(views).float().cpu()
        return found if each else found.mean(0)

    layer = decision.layer if decision else decision_layer(model)
    hook = layer.register_forward_pre_hook(keep)
    try:
        yield features
    finally:
        hook.remove()
