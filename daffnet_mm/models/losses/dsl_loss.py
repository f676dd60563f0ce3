import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpretrain.registry import MODELS


@MODELS.register_module()
class DSLLoss(nn.Module):
    r"""Deep-supervised learning loss of DAFFNet, eq. (1).

    .. math::
        L = \lambda_{AP} \, \overline{CE_2}(\text{attributes})
            + \lambda_{Cls} \, CE_2(\text{cell type})

    with cross entropies to the base 2. The attribute term is averaged over
    the known attributes of a sample, then over the samples that have any; the
    class term over the samples whose class is known. (The paper sums over the
    samples; a mean keeps the step size independent of the batch size.)

    Args:
        attribute_weight (float): :math:`\lambda_{AP}`. Defaults to 0.8.
        class_weight (float): :math:`\lambda_{Cls}`. Defaults to 0.2.
    """

    def __init__(self,
                 attribute_weight: float = 0.8,
                 class_weight: float = 0.2) -> None:
        super().__init__()
        self.attribute_weight = attribute_weight
        self.class_weight = class_weight

    def forward(
            self,
            attribute_log_probs: torch.Tensor,
            gt_attributes: torch.Tensor,
            class_logits: torch.Tensor | None = None,
            gt_label: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        """Compute the two terms.

        Args:
            attribute_log_probs (Tensor): Natural logarithms of the attribute
                probabilities, shape (N, A, P); places beyond an attribute's
                own values hold minus infinity.
            gt_attributes (Tensor): True value indices, shape (N, A); -1 means
                unknown.
            class_logits (Tensor, optional): The auxiliary classifier's
                logits, shape (N, K).
            gt_label (Tensor, optional): True classes, shape (N,); -1 means
                unknown. Needed with ``class_logits``.

        Returns:
            dict[str, Tensor]: ``loss_attribute`` and, with ``class_logits``,
            ``loss_class``, both weighted.
        """
        known = gt_attributes >= 0
        picked = attribute_log_probs.gather(
            -1,
            gt_attributes.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        # `where` and not a product: an impossible value's minus infinity
        # times zero would be NaN.
        cross_entropy = torch.where(known, -picked, torch.zeros_like(picked))
        per_sample = cross_entropy.sum(1) / known.sum(1).clamp(min=1)
        labelled = known.any(1).sum().clamp(min=1)
        losses = dict(
            loss_attribute=self.attribute_weight * per_sample.sum() /
            labelled / math.log(2))
        if class_logits is not None:
            total = F.cross_entropy(
                class_logits.float(),
                gt_label,
                ignore_index=-1,
                reduction='sum')
            labelled = (gt_label >= 0).sum().clamp(min=1)
            losses['loss_class'] = self.class_weight * total / labelled \
                / math.log(2)
        return losses
