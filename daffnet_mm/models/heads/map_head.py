from collections.abc import Sequence
from typing import Any

import torch
import torch.nn as nn
from mmengine.model import BaseModule, is_model_wrapper
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC_ATTRIBUTES

from ..utils import AttributeLayout, EquivalentValues, pool_last_feature


@MODELS.register_module()
class MAPHead(BaseModule):
    """The tail of DAFFNet's Morphological Attribute Predictor (Sec. 2.2.1).

    A backbone's feature goes through a linear layer to 1000 values and from
    there to the values of all attributes. The paper's eleven parallel layers
    are one layer here, whose output is read attribute by attribute: the same
    function in one matrix product. For deep-supervised learning (Sec. 2.2.3)
    an auxiliary linear classifier reads the cell type from the same 1000
    values, or from what an encoder makes of the attributes.

    The layer to 1000 values is called ``fc``, as MMPretrain calls a ResNet's
    ImageNet classifier, whose weights it takes when the whole model is
    initialised from such a checkpoint.

    Args:
        in_channels (int): Channels of the backbone's last feature.
        num_features (int): Width of the layer before the attributes.
            Defaults to 1000.
        attributes (dict, optional): Names of the attributes and, for each,
            the names of its values. Defaults to None: the eleven of WBCAtt.
        num_classes (int, optional): Cell types of the auxiliary classifier;
            None leaves it out. Defaults to None.
        encoder (dict, optional): Config of an encoder of the attribute
            probabilities, whose values the auxiliary classifier reads in the
            place of the 1000: ``dict(type='MorphologicalAttributeEncoder')``.
            Defaults to None.
        loss (dict): Config of the loss. Defaults to ``dict(type='DSLLoss')``.
        pooling (dict, optional): What pools a feature map, with as many
            channels as ``in_channels``:
            ``dict(type='GeneralizedMeanPooling')`` or
            ``dict(type='AverageMaxPooling')``. Defaults to None, the average.
        joint_decoding (bool): Predict the most probable values that do not
            break the rule of ``equivalent_values``, rather than each
            attribute's own. The scores stay as they are. Defaults to False.
        consistency_loss (dict, optional): Config of a penalty on scores that
            break the rule, such as ``dict(type='ConsistencyLoss')``. Defaults
            to None.
        equivalent_values (dict, optional): The rule: attributes and their
            values that a cell has all together or not at all. Defaults to
            None: WBCAtt's granule type "nil", granule colour "nil" and
            granularity "no".
        init_cfg (dict, optional): Initialisation of the linear layers.
            Defaults to ``dict(type='Normal', layer='Linear', std=0.01)``.
    """

    def __init__(
        self,
        in_channels: int,
        num_features: int = 1000,
        attributes: dict[str, Sequence[str]] | None = None,
        num_classes: int | None = None,
        encoder: dict | None = None,
        loss: dict = dict(type='DSLLoss'),
        pooling: dict | None = None,
        joint_decoding: bool = False,
        consistency_loss: dict | None = None,
        equivalent_values: dict[str, str] | None = None,
        init_cfg: dict | None = dict(type='Normal', layer='Linear', std=0.01),
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        self.num_features = num_features
        self.attributes = dict(attributes or WBC_ATTRIBUTES)
        self.num_classes = num_classes
        self.layout = AttributeLayout(
            [len(values) for values in self.attributes.values()]
        )
        self.joint_decoding = joint_decoding
        self.pooling = MODELS.build(pooling) if pooling else None
        self.fc = nn.Linear(in_channels, num_features)
        self.fc_attributes = nn.Linear(num_features, sum(self.layout.sizes))
        self.encoder = None
        if num_classes is not None:
            if encoder is not None:
                self.encoder = MODELS.build(encoder)
                num_features = self.encoder.out_channels
            self.fc_classes = nn.Linear(num_features, num_classes)
        self.loss_module = MODELS.build(loss)
        self.consistency_loss = (
            MODELS.build(consistency_loss) if consistency_loss else None
        )
        self.equivalent_values = None
        if joint_decoding or consistency_loss is not None:
            self.equivalent_values = EquivalentValues(
                self.attributes, equivalent_values
            )

    def pre_logits(self, feats: tuple[torch.Tensor]) -> torch.Tensor:
        """Compute the 1000 values that both layers read.

        Args:
            feats (tuple[Tensor]): The backbone's stages; the last, a map or a
                vector, is used.

        Returns:
            Tensor: Shape (N, num_features).
        """
        return self.fc(pool_last_feature(feats, self.pooling))

    def forward(
        self, feats: tuple[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compute attribute and cell type logits.

        Args:
            feats (tuple[Tensor]): The backbone's stages.

        Returns:
            tuple: Attribute logits of shape (N, 31) in attribute order, and
            class logits of shape (N, num_classes), or None without an
            auxiliary classifier.
        """
        features = self.pre_logits(feats)
        attribute_logits = self.fc_attributes(features)
        class_logits = None
        if self.num_classes is not None:
            if self.encoder is not None:
                scores = self.layout.softmax(attribute_logits)
                # float32, whatever the weights are in.
                features = self.encoder(scores.to(self.fc.weight.dtype))
            class_logits = self.fc_classes(features)
        return attribute_logits, class_logits

    @torch.no_grad()
    def divide_logits(
        self, temperatures: Sequence[float], class_temperature: float = 1.0
    ) -> None:
        """Build temperatures into the weights.

        Dividing the logits of a linear layer is dividing its weights. So a
        calibrated head is an ordinary one: its checkpoint loads everywhere,
        and :class:`MFE` and pseudo labels get the calibrated probabilities;
        so does an encoder before the auxiliary classifier.

        Args:
            temperatures (Sequence[float]): That of each attribute.
            class_temperature (float): That of the auxiliary classifier.
                Defaults to 1.
        """
        divisors = torch.repeat_interleave(
            torch.tensor(temperatures), torch.tensor(self.layout.sizes)
        )
        divide_outputs(self.fc_attributes, divisors)
        if self.num_classes is not None:
            divide_outputs(self.fc_classes, class_temperature)

    @torch.no_grad()
    def adjust_logits(
        self, value_counts: Sequence[Sequence[int]], strength: float
    ) -> None:
        """Build an adjustment for rare values into the weights.

        A network trained on many cells of one value and few of another
        prefers the first where it is in doubt. From the logits,
        ``strength * log(share of the value)`` is taken (Menon et al., ICLR
        2021, post-hoc logit adjustment), which is a change of the biases.

        Args:
            value_counts (Sequence[Sequence[int]]): How many training cells
                have each value, a list for each attribute.
            strength (float): 0 changes nothing, 1 aims at the mean of the
                values' recalls.
        """
        shifts = []
        for row in value_counts:
            # A value that no cell has is treated as if one had it.
            counts = torch.tensor(row).double().clamp(min=1)
            shifts.append(strength * (counts / counts.sum()).log())
        self.fc_attributes.bias.sub_(
            torch.cat(shifts).to(self.fc_attributes.bias)
        )

    def loss(
        self,
        feats: tuple[torch.Tensor],
        data_samples: list[DataSample],
        **kwargs,
    ) -> dict[str, torch.Tensor]:
        """Compute the deep-supervised loss, eq. (1).

        Args:
            feats (tuple[Tensor]): The backbone's stages.
            data_samples (list[DataSample]): Each with ``gt_attributes`` and,
                for the auxiliary classifier, ``gt_label``; -1 is unknown.
                Those that also have ``attribute_targets`` (31 soft targets)
                or ``attribute_weight`` (a factor of the attribute loss) are
                learned accordingly, and so are those whose ``mixture``
                :class:`MixingDataPreprocessor` has set.
            **kwargs: Passed on to the loss module.

        Returns:
            dict[str, Tensor]: The loss terms.

        Raises:
            InputError: If the samples carry no attributes.
        """
        attribute_logits, class_logits = self(feats)
        if 'gt_attributes' not in data_samples[0]:
            raise InputError(
                'the samples have no gt_attributes: use a dataset with '
                'attributes (WBCAtt, SyntheticWBC or PseudoLabelledDataset) '
                "and end its pipeline with dict(type='PackInputs', "
                "algorithm_keys=('gt_attributes', ))"
            )
        # Unlike the label, MMPretrain's preprocessor leaves the attributes
        # where the data loader made them.
        gt_attributes = torch.stack(
            [s.gt_attributes for s in data_samples]
        ).to(attribute_logits.device)
        gt_label = None
        if class_logits is not None:
            gt_label = torch.cat([s.gt_label for s in data_samples])
        if any('attribute_targets' in s for s in data_samples):
            kwargs['attribute_targets'] = self._soft_targets(data_samples)
        if any('attribute_weight' in s for s in data_samples):
            kwargs['sample_weight'] = torch.tensor(
                [float(s.get('attribute_weight', 1.0)) for s in data_samples],
                device=attribute_logits.device,
            )
        if 'mixture' in data_samples[0]:
            kwargs['mixture'] = torch.stack([s.mixture for s in data_samples])
        log_probs = self.layout.pad(attribute_logits.float()).log_softmax(-1)
        losses = self.loss_module(
            log_probs, gt_attributes, class_logits, gt_label, **kwargs
        )
        if self.consistency_loss is not None:
            assert self.equivalent_values is not None
            losses['loss_consistency'] = self.consistency_loss(
                *self.equivalent_values.log_probs(log_probs)
            )
        return losses

    def _soft_targets(self, data_samples: list[DataSample]) -> torch.Tensor:
        """Lay soft targets out as the loss wants them, zero without any."""
        none = torch.zeros(sum(self.layout.sizes))
        targets = torch.stack(
            [s.get('attribute_targets', none).cpu() for s in data_samples]
        ).to(self.layout.index.device)
        return self.layout.pad(targets, fill=0.0)

    def predict(
        self,
        feats: tuple[torch.Tensor],
        data_samples: list[DataSample | None] | None = None,
    ) -> list[DataSample]:
        """Predict attributes and, with an auxiliary classifier, cell types.

        Args:
            feats (tuple[Tensor]): The backbone's stages.
            data_samples (list[DataSample | None], optional): Samples to
                complete. Defaults to None: new ones are made.

        Returns:
            list[DataSample]: Each with ``pred_attributes`` (11 indices),
            ``pred_attribute_scores`` (31 probabilities) and, with an
            auxiliary classifier, ``pred_label`` and ``pred_score``.
        """
        attribute_logits, class_logits = self(feats)
        data_samples = self.set_attributes(
            self.layout.softmax(attribute_logits), data_samples
        )
        if class_logits is not None:
            class_scores = class_logits.float().softmax(dim=1)
            for sample, score in zip(data_samples, class_scores, strict=True):
                sample.set_pred_score(score).set_pred_label(
                    score.argmax(dim=0, keepdim=True)
                )
        return data_samples

    def decode(self, scores: torch.Tensor) -> torch.Tensor:
        """Pick the values of the attributes.

        Args:
            scores (Tensor): Probabilities of shape (N, 31).

        Returns:
            Tensor: Value indices of shape (N, 11).
        """
        padded = self.layout.pad(scores)
        if not self.joint_decoding:
            return padded.argmax(dim=-1)
        assert self.equivalent_values is not None
        return self.equivalent_values.decode(padded)

    def set_attributes(
        self,
        scores: torch.Tensor,
        data_samples: list[DataSample | None] | None = None,
    ) -> list[DataSample]:
        """Write attribute predictions into data samples.

        Args:
            scores (Tensor): Probabilities of shape (N, 31).
            data_samples (list[DataSample | None], optional): Samples to
                complete. Defaults to None: new ones are made.

        Returns:
            list[DataSample]: Each with ``pred_attributes`` and
            ``pred_attribute_scores``.
        """
        values = self.decode(scores)
        if data_samples is None:
            data_samples = [None] * len(scores)
        out = []
        for sample, score, value in zip(
            data_samples, scores, values, strict=True
        ):
            sample = DataSample() if sample is None else sample
            sample.set_field(score, 'pred_attribute_scores')
            sample.set_field(value, 'pred_attributes')
            out.append(sample)
        return out


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


def find_map_head(model: nn.Module) -> MAPHead | None:
    """Find the head that predicts a model's attributes.

    Args:
        model (nn.Module): A MAP, a :class:`DAFFNet` (whose neck holds a MAP)
            or another classifier, perhaps wrapped for distributed training or
            test-time augmentation.

    Returns:
        MAPHead, optional: The head; None if the model predicts no attributes.
    """
    inner: Any = model.module if is_model_wrapper(model) else model
    return next((m for m in inner.modules() if isinstance(m, MAPHead)), None)
