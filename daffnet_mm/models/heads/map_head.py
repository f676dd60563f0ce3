from collections.abc import Sequence

import torch
import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_mm.errors import InputError
from daffnet_mm.structures import WBC_ATTRIBUTES

from ..utils import AttributeLayout, pool_last_feature


@MODELS.register_module()
class MAPHead(BaseModule):
    """The tail of DAFFNet's Morphological Attribute Predictor (Sec. 2.2.1).

    A backbone's feature goes through a linear layer to 1000 values and from
    there to the values of all attributes. The paper's eleven parallel layers
    are one layer here, whose output is read attribute by attribute: the same
    function in one matrix product. For deep-supervised learning (Sec. 2.2.3)
    an auxiliary linear classifier reads the cell type from the same 1000
    values.

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
        loss (dict): Config of the loss. Defaults to ``dict(type='DSLLoss')``.
        init_cfg (dict, optional): Initialisation of the linear layers.
            Defaults to ``dict(type='Normal', layer='Linear', std=0.01)``.
    """

    def __init__(self,
                 in_channels: int,
                 num_features: int = 1000,
                 attributes: dict[str, Sequence[str]] | None = None,
                 num_classes: int | None = None,
                 loss: dict = dict(type='DSLLoss'),
                 init_cfg: dict | None = dict(
                     type='Normal', layer='Linear', std=0.01)) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        self.num_features = num_features
        self.attributes = dict(attributes or WBC_ATTRIBUTES)
        self.num_classes = num_classes
        self.layout = AttributeLayout(
            [len(values) for values in self.attributes.values()])
        self.fc = nn.Linear(in_channels, num_features)
        self.fc_attributes = nn.Linear(num_features, sum(self.layout.sizes))
        if num_classes is not None:
            self.fc_classes = nn.Linear(num_features, num_classes)
        self.loss_module = MODELS.build(loss)

    def pre_logits(self, feats: tuple[torch.Tensor]) -> torch.Tensor:
        """Compute the 1000 values that both layers read.

        Args:
            feats (tuple[Tensor]): The backbone's stages; the last, a map or a
                vector, is used.

        Returns:
            Tensor: Shape (N, num_features).
        """
        return self.fc(pool_last_feature(feats))

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
        class_logits = None
        if self.num_classes is not None:
            class_logits = self.fc_classes(features)
        return self.fc_attributes(features), class_logits

    def loss(self, feats: tuple[torch.Tensor], data_samples: list[DataSample],
             **kwargs) -> dict[str, torch.Tensor]:
        """Compute the deep-supervised loss, eq. (1).

        Args:
            feats (tuple[Tensor]): The backbone's stages.
            data_samples (list[DataSample]): Each with ``gt_attributes`` and,
                for the auxiliary classifier, ``gt_label``; -1 is unknown.
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
                "algorithm_keys=('gt_attributes', ))")
        # Unlike the label, MMPretrain's preprocessor leaves the attributes
        # where the data loader made them.
        gt_attributes = torch.stack([s.gt_attributes for s in data_samples
                                     ]).to(attribute_logits.device)
        gt_label = None
        if class_logits is not None:
            gt_label = torch.cat([s.gt_label for s in data_samples])
        log_probs = self.layout.pad(attribute_logits.float()).log_softmax(-1)
        return self.loss_module(log_probs, gt_attributes, class_logits,
                                gt_label, **kwargs)

    def predict(
        self,
        feats: tuple[torch.Tensor],
        data_samples: list[DataSample | None] | None = None
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
            self.layout.softmax(attribute_logits), data_samples)
        if class_logits is not None:
            class_scores = class_logits.float().softmax(dim=1)
            for sample, score in zip(data_samples, class_scores, strict=True):
                sample.set_pred_score(score).set_pred_label(
                    score.argmax(dim=0, keepdim=True))
        return data_samples

    def set_attributes(
        self,
        scores: torch.Tensor,
        data_samples: list[DataSample | None] | None = None
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
        values = self.layout.pad(scores).argmax(dim=-1)
        if data_samples is None:
            data_samples = [None] * len(scores)
        out = []
        for sample, score, value in zip(
                data_samples, scores, values, strict=True):
            sample = DataSample() if sample is None else sample
            sample.set_field(score, 'pred_attribute_scores')
            sample.set_field(value, 'pred_attributes')
            out.append(sample)
        return out
