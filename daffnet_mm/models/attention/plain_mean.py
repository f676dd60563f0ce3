import math

import torch
from torch import Tensor


def plain_mean(x: Tensor, dims: tuple[int, ...]) -> Tensor:
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
    if x.dtype == torch.float16:  # which has no room for large sums
        return x.mean(dims, keepdim=True)
    return x.sum(dims, keepdim=True) / math.prod(x.shape[dim] for dim in dims)
