import torch
from torch import nn


@torch.no_grad()
def divide_outputs(layer: nn.Linear, divisors: torch.Tensor | float) -> None:
    """Change a linear layer so that its outputs come divided.

    Args:
        layer (nn.Linear): The layer.
        divisors (Tensor | float): One for each output, or one for all.
    """
    divisors = torch.as_tensor(divisors).to(layer.weight)
    layer.weight.div_(divisors.view(-1, 1))
    if layer.bias is not None:
        layer.bias.div_(divisors)
