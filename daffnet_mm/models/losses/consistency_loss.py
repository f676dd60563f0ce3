import math

import torch
import torch.nn as nn
from mmpretrain.registry import MODELS


@MODELS.register_module()
class ConsistencyLoss(nn.Module):
    r"""How improbable a model finds it that its attributes agree.

    Of values that a cell has all together or not at all (granularity "no",
    granule type "nil", granule colour "nil"), with the probabilities
    :math:`p_e` that the attributes' classifiers give them independently,

    .. math::
        L = - \log_2 \Big(\prod_e p_e + \prod_e (1 - p_e)\Big)

    is zero where all are certain of the same. This is the semantic loss of
    Xu et al. (ICML 2018) for that rule. It needs no labels, so cells with
    unknown attributes contribute too.

    Args:
        loss_weight (float): Factor. It must not outweigh the attributes' own
            losses, each of which eq. (1) weighs 0.8 / 11: with 1, agreement
            on the more common values wins over the labels. Defaults to 0.05.
    """

    def __init__(self, loss_weight: float = 0.05) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, log_with: torch.Tensor, log_without: torch.Tensor
    ) -> torch.Tensor:
        """Compute the penalty.

        Args:
            log_with (Tensor): Natural logarithms of the probabilities of the
                equivalent values, shape (N, E).
            log_without (Tensor): Those of having another value instead,
                shape (N, E).

        Returns:
            Tensor: The mean over the samples, weighted; a scalar.
        """
        # The probability itself underflows where certain predictions
        # contradict each other.
        log_consistent = torch.logaddexp(
            log_with.sum(dim=1), log_without.sum(dim=1)
        )
        return -self.loss_weight * log_consistent.mean() / math.log(2)
