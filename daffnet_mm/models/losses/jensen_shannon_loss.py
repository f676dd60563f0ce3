import math

import torch
import torch.nn as nn
from mmpretrain.registry import MODELS


@MODELS.register_module()
class JensenShannonLoss(nn.Module):
    r"""How far two predictions for the same cell are apart.

    .. math::
        L = H\Big(\frac{p + q}{2}\Big) - \frac{H(p) + H(q)}{2}

    with the entropy :math:`H` in bits: 0 where they agree, 1 where both are
    certain of different classes (Hendrycks et al., ICLR 2020, "AugMix", who
    have three predictions).

    Args:
        loss_weight (float): Factor. Defaults to 1.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, first: torch.Tensor, second: torch.Tensor
    ) -> torch.Tensor:
        """Compute the divergence.

        Args:
            first (Tensor): Logits of shape (N, K).
            second (Tensor): Logits of the same cells, shape (N, K).

        Returns:
            Tensor: The mean over the cells, weighted; a scalar.
        """
        log_first = first.float().log_softmax(dim=1)
        log_second = second.float().log_softmax(dim=1)
        log_mean = torch.logaddexp(log_first, log_second) - math.log(2)
        apart = log_first.exp() * (log_first - log_mean)
        apart = apart + log_second.exp() * (log_second - log_mean)
        bits = apart.sum(dim=1).mean() / (2 * math.log(2))
        return self.loss_weight * bits
