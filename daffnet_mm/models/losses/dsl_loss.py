import math
from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError


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

    Beyond the paper, and off by default, the cross entropy of an attribute
    becomes

    .. math::
        - \sum_v q_v \, w_v \, (1 - p_v)^\gamma \log_2 p_v

    where :math:`q` is 1 for the true value, or smoothed, or a soft target;
    :math:`w` weighs rare values up (``class_balance``), :math:`\gamma` makes
    the examples count that are still wrong (``focal_gamma``), and :math:`p`
    is, with ``logit_adjustment``, the softmax of the logits plus
    :math:`\tau \log \pi` for the values' shares :math:`\pi` of the training
    set.

    Args:
        attribute_weight (float): :math:`\lambda_{AP}`. Defaults to 0.8.
        class_weight (float): :math:`\lambda_{Cls}`. Defaults to 0.2.
        label_smoothing (float | Sequence): The share of the target that the
            other values of an attribute get in equal parts (PyTorch spreads
            its share over the true value too). A number; or a number for each
            attribute, such as the share of cells on which annotators
            disagree; or for each attribute a square table whose row t is the
            target of a cell with the value t.
            ``tools/analysis_tools/annotator_agreement.py`` prints both.
            Defaults to 0.
        class_smoothing (float): The same for the cell type, a number.
            Defaults to 0.
        focal_gamma (float): Exponent of the focal loss (Lin et al., ICCV
            2017). Defaults to 0.
        class_balance (float): :math:`\beta` of the effective number of
            samples (Cui et al., CVPR 2019): a value of n cells has the weight
            :math:`(1 - \beta) / (1 - \beta^n)`, scaled so that an attribute's
            weights average 1. 0.99 to 0.9999 are usual. Defaults to 0: equal
            weights.
        logit_adjustment (float): :math:`\tau` (Menon et al., ICLR 2021); 1
            trains for the mean of the values' recalls rather than for
            accuracy. Defaults to 0.
        value_counts (Sequence[Sequence[int]], optional): How many training
            cells have each value, a list for each attribute, for
            ``class_balance`` and ``logit_adjustment``. Defaults to None:
            :class:`CountValuesHook` counts them before the training.
    """

    def __init__(
        self,
        attribute_weight: float = 0.8,
        class_weight: float = 0.2,
        label_smoothing: float | Sequence = 0.0,
        class_smoothing: float = 0.0,
        focal_gamma: float = 0.0,
        class_balance: float = 0.0,
        logit_adjustment: float = 0.0,
        value_counts: Sequence[Sequence[int]] | None = None,
    ) -> None:
        super().__init__()
        self.attribute_weight = attribute_weight
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.class_smoothing = class_smoothing
        self.focal_gamma = focal_gamma
        self.class_balance = class_balance
        self.logit_adjustment = logit_adjustment
        # Derived from the data at hand, like the loss itself: not part of
        # what a checkpoint has to hold.
        self._counts: torch.Tensor | None = None
        self._tables: torch.Tensor | None = None
        if value_counts is not None:
            self.set_value_counts(value_counts)
        if isinstance(label_smoothing, Sequence) and isinstance(
            label_smoothing[0], Sequence
        ):
            self._tables = _pad_tables(label_smoothing)

    def set_value_counts(self, counts: Sequence[Sequence[int]]) -> None:
        """Tell how many training cells have each value.

        Args:
            counts (Sequence[Sequence[int]]): A list for each attribute.
        """
        # A value that no training cell has is treated as if one had it.
        self._counts = nn.utils.rnn.pad_sequence(
            [torch.tensor(row).double().clamp(min=1) for row in counts],
            batch_first=True,
            padding_value=0,
        )

    def forward(
        self,
        attribute_log_probs: torch.Tensor,
        gt_attributes: torch.Tensor,
        class_logits: torch.Tensor | None = None,
        gt_label: torch.Tensor | None = None,
        attribute_targets: torch.Tensor | None = None,
        sample_weight: torch.Tensor | None = None,
        mixture: torch.Tensor | None = None,
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
            attribute_targets (Tensor, optional): Soft targets, shape
                (N, A, P). They stand for the true values of samples and
                attributes that have any above zero, unless these are unknown.
                Defaults to None.
            sample_weight (Tensor, optional): Factor of each sample's
                attribute term, shape (N,); the mean still counts the sample
                as one. Defaults to None: 1.
            mixture (Tensor, optional): Shares of the batch's samples in each
                image, shape (N, N), where images were mixed (Mixup, CutMix):
                an image's loss is the sum of theirs, so weighted. Defaults to
                None: each image is its own sample.

        Returns:
            dict[str, Tensor]: ``loss_attribute`` and, with ``class_logits``,
            ``loss_class``, both weighted.

        Raises:
            InputError: If the training set's value counts are needed and not
                known.
        """
        known = gt_attributes >= 0
        targets = self._targets(attribute_log_probs, gt_attributes)
        if attribute_targets is not None:
            is_soft = attribute_targets.sum(dim=-1, keepdim=True) > 0
            targets = torch.where(
                is_soft, attribute_targets.to(targets), targets
            )
        # A sample's attributes have the same weight, whatever their number.
        targets = targets * (
            known / known.sum(1, keepdim=True).clamp(min=1)
        ).unsqueeze(-1)
        if sample_weight is not None:
            targets = targets * sample_weight.to(targets).view(-1, 1, 1)
        labelled = known.any(1).to(targets)
        if mixture is not None:
            targets = torch.einsum('nm,map->nap', mixture.to(targets), targets)
            labelled = mixture.to(labelled) @ labelled
        # An improbable value's minus infinity times zero would be NaN.
        log_probs = self._adjust(attribute_log_probs).masked_fill(
            targets == 0, 0
        )
        terms = -targets * log_probs
        if self.class_balance:
            terms = terms * self._value_weights().to(terms)
        if self.focal_gamma:
            # A fractional power has no finite gradient at zero.
            wrong = (1 - log_probs.exp()).clamp(min=1e-6)
            terms = terms * wrong**self.focal_gamma
        losses = dict(
            loss_attribute=self.attribute_weight
            * terms.sum()
            / _count(labelled)
            / math.log(2)
        )
        if class_logits is not None:
            assert gt_label is not None
            losses['loss_class'] = self.class_weight * self._class_loss(
                class_logits.float(), gt_label, mixture
            )
        return losses

    def _targets(
        self, log_probs: torch.Tensor, truth: torch.Tensor
    ) -> torch.Tensor:
        """Hard or smoothed targets of shape (N, A, P)."""
        hard = F.one_hot(truth.clamp(min=0), log_probs.shape[-1]).to(log_probs)
        if self._tables is not None:
            rows = torch.arange(truth.shape[1], device=truth.device)
            return self._tables.to(hard)[rows, truth.clamp(min=0)]
        if self.label_smoothing == 0:
            return hard
        share = hard.new_tensor(self.label_smoothing).view(-1, 1)
        # A place is a value if the model can give it a probability.
        is_value = log_probs.isfinite().any(dim=0)
        others = is_value.sum(dim=-1, keepdim=True) - 1
        return hard * (1 - share) + (1 - hard) * is_value * share / others

    def _adjust(self, log_probs: torch.Tensor) -> torch.Tensor:
        """Add the values' shares of the training set to the logits."""
        if not self.logit_adjustment:
            return log_probs
        counts = self._known_counts()
        # log_softmax takes care of everything that is the same for an
        # attribute's values, so the counts serve as shares.
        shift = self.logit_adjustment * counts.clamp(min=1).log()
        return (log_probs + shift.to(log_probs)).log_softmax(dim=-1)

    def _value_weights(self) -> torch.Tensor:
        """The effective numbers' inverses, averaging 1 over an attribute."""
        counts = self._known_counts()
        is_value = counts > 0
        weights = is_value / (1 - self.class_balance ** counts.clamp(min=1))
        mean = weights.sum(1, keepdim=True) / is_value.sum(1, keepdim=True)
        return weights / mean

    def _known_counts(self) -> torch.Tensor:
        if self._counts is None:
            raise InputError(
                'class_balance and logit_adjustment of DSLLoss need the value '
                'counts of the training set: set value_counts in its config, '
                "or add dict(type='CountValuesHook') to custom_hooks"
            )
        return self._counts

    def _class_loss(
        self,
        logits: torch.Tensor,
        gt_label: torch.Tensor,
        mixture: torch.Tensor | None,
    ) -> torch.Tensor:
        num_classes = logits.shape[1]
        known = (gt_label >= 0).to(logits)
        hard = F.one_hot(gt_label.clamp(min=0), num_classes).to(logits)
        others = self.class_smoothing / (num_classes - 1)
        targets = hard * (1 - self.class_smoothing) + (1 - hard) * others
        targets = targets * known.unsqueeze(1)
        if mixture is not None:
            targets = mixture.to(targets) @ targets
            known = mixture.to(known) @ known
        total = F.cross_entropy(logits, targets, reduction='sum')
        return total / _count(known) / math.log(2)


def _count(known: torch.Tensor) -> torch.Tensor:
    """How many samples count; where none does, there is nothing to divide."""
    count = known.sum()
    return count + (count == 0)


def _pad_tables(tables: Sequence) -> torch.Tensor:
    """Lay square tables of different sizes out as (A, P, P).

    Raises:
        InputError: If a table is not square or a row does not sum to 1.
    """
    widest = max(len(table) for table in tables)
    # A value that the attribute does not have stays its own target, which no
    # prediction can reach: the loss is infinite, not silently zero.
    padded = torch.eye(widest).double().repeat(len(tables), 1, 1)
    for index, table in enumerate(tables):
        rows = torch.tensor(table).double()
        size = len(table)
        if rows.shape != (size, size) or not torch.allclose(
            rows.sum(1), torch.ones(size).double(), atol=1e-3
        ):
            raise InputError(
                f'label_smoothing of DSLLoss: table {index} must be square '
                f'with rows that sum to 1, but is {table}'
            )
        padded[index, :size, :size] = rows
    return padded
