import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpretrain.models.heads import ClsHead
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError

from ..utils import pool_last_feature


@MODELS.register_module()
class FusionHead(ClsHead):
    """DAFFNet's decoder: fuse both features and classify (Fig. 1).

    The backbone's pooled feature goes through a linear layer to 1000 values
    (a ResNet's ImageNet classifier, and called ``fc`` as there, so that it
    takes those weights). They are concatenated with the morphological
    feature, and a linear layer gives the cell types. Without a morphological
    feature the same head serves the ablation's rows before "+MAP".

    Args:
        num_classes (int): Number of cell types.
        in_channels (int): Channels of the backbone's last feature.
        morphological_channels (int): Length of the morphological feature: 128
            from :class:`MorphologicalAttributeEncoder`, 31 for the attribute
            probabilities themselves, 0 for none. Defaults to 128.
        num_features (int): Length of the high-level feature. Defaults to
            1000.
        dropout (float): Dropout before the last layer. Defaults to 0.
        each_alone (bool): Whether each feature learns to tell the cell types
            by itself, with a loss of its own, and the logits of both are
            added where cells are predicted. Learned together, the feature
            that tells most at home does all the work, and leaves the other
            one nothing to learn. Beyond the paper. Defaults to False.
        init_cfg (dict, optional): Initialisation of the linear layers.
            Defaults to ``dict(type='Normal', layer='Linear', std=0.01)``.
        **kwargs: ``loss``, ``topk`` and ``cal_acc`` of MMPretrain's
            ``ClsHead``.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        morphological_channels: int = 128,
        num_features: int = 1000,
        dropout: float = 0.0,
        each_alone: bool = False,
        init_cfg: dict | None = dict(type='Normal', layer='Linear', std=0.01),
        **kwargs,
    ) -> None:
        super().__init__(init_cfg=init_cfg, **kwargs)
        if num_classes <= 0:
            raise ValueError(
                f'num_classes={num_classes} must be a positive integer'
            )
        if each_alone and not morphological_channels:
            raise ValueError(
                'each_alone=True needs two features, but there is no '
                'morphological one (morphological_channels=0)'
            )
        self.num_classes = num_classes
        self.each_alone = each_alone
        self.in_channels = in_channels
        self.morphological_channels = morphological_channels
        self.fc = nn.Linear(in_channels, num_features)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(
            num_features + morphological_channels, num_classes
        )

    def pre_logits(self, feats: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Fuse the two features.

        Args:
            feats (tuple[Tensor]): What :class:`MFE` gives, the pooled and the
                morphological feature; without a morphological feature, the
                backbone's stages.

        Returns:
            Tensor: Shape (N, num_features + morphological_channels).
        """
        if not self.morphological_channels:
            return self.fc(pool_last_feature(feats))
        pooled, morphological = feats
        return torch.cat([self.fc(pooled), morphological], dim=1)

    def forward(self, feats: tuple[torch.Tensor]) -> torch.Tensor:
        """Classify.

        Args:
            feats (tuple[Tensor]): As for :meth:`pre_logits`.

        Returns:
            Tensor: Logits of shape (N, num_classes).
        """
        return self.classifier(self.dropout(self.pre_logits(feats)))

    def forward_each(
        self, feats: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Classify by each of the two features.

        Args:
            feats (tuple[Tensor]): The pooled and the morphological feature.

        Returns:
            tuple[Tensor, Tensor]: Logits of shape (N, num_classes) by the
            high-level and by the morphological feature. Each has half of the
            bias, so that both together are what :meth:`forward` gives.
        """
        sizes = [self.fc.out_features, self.morphological_channels]
        features = self.dropout(self.pre_logits(feats)).split(sizes, dim=1)
        weights = self.classifier.weight.split(sizes, dim=1)
        bias = self.classifier.bias / 2
        deep, morphological = (
            F.linear(feature, weight, bias)
            for feature, weight in zip(features, weights, strict=True)
        )
        return deep, morphological

    def loss(
        self,
        feats: tuple[torch.Tensor, ...],
        data_samples: list[DataSample],
        **kwargs,
    ) -> dict[str, torch.Tensor]:
        """Compute the losses of a batch.

        Args:
            feats (tuple[Tensor]): As for :meth:`pre_logits`.
            data_samples (list[DataSample]): The true cell types.
            **kwargs: Passed on to the loss.

        Returns:
            dict[str, Tensor]: ``loss``; where each feature learns by itself,
            ``loss_deep`` and ``loss_morphological``.
        """
        if not self.each_alone:
            return super().loss(feats, data_samples, **kwargs)
        losses: dict[str, torch.Tensor] = {}
        for name, logits in zip(
            ('deep', 'morphological'), self.forward_each(feats), strict=True
        ):
            found = self._get_loss(logits, data_samples, **kwargs)
            losses |= {f'{key}_{name}': loss for key, loss in found.items()}
        return losses

    def _get_loss(
        self, cls_score: torch.Tensor, data_samples: list[DataSample], **kwargs
    ) -> dict[str, torch.Tensor]:
        """Compute the classifier's loss.

        Raises:
            InputError: If images were mixed and their labels were not.
        """
        if 'mixture' in data_samples[0] and 'gt_score' not in data_samples[0]:
            raise InputError(
                'MixingDataPreprocessor has mixed the images, but not the '
                'labels that FusionHead learns: set to_onehot=True and '
                'num_classes in data_preprocessor'
            )
        return super()._get_loss(cls_score, data_samples, **kwargs)

    def linear_inputs(self, feats: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Join what the head is a linear function of.

        Args:
            feats (tuple[Tensor]): As for :meth:`pre_logits`.

        Returns:
            Tensor: Shape (N, in_channels + morphological_channels).
        """
        if not self.morphological_channels:
            return pool_last_feature(feats)
        return torch.cat(list(feats), dim=1)

    def as_linear(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the one linear layer that both layers amount to.

        Returns:
            tuple[Tensor, Tensor]: Weights of shape (num_classes, in_channels
            + morphological_channels), and biases, both float64.
        """
        deep, morphological = self._halves()
        weight = torch.cat([deep @ self.fc.weight.double(), morphological], 1)
        bias = deep @ self.fc.bias.double() + self.classifier.bias.double()
        return weight.detach(), bias.detach()

    @torch.no_grad()
    def become_linear(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        """Give another linear function of both features.

        The high-level feature changes, by as little as it can, and what the
        last layer makes of it stays.

        Args:
            weight (Tensor): As :meth:`as_linear` gives it.
            bias (Tensor): The same.

        Raises:
            InputError: If the types' weights of the high-level feature are
                not independent, so that not every function can be given.
        """
        deep, _ = self._halves()
        if torch.linalg.matrix_rank(deep) < self.num_classes:
            raise InputError(
                'the last layer of this FusionHead gives several cell types '
                'the same weights of the high-level feature, so it cannot '
                'take a change in; train it first'
            )
        pooled, morphological = weight.double().split(
            [self.in_channels, self.morphological_channels], dim=1
        )
        now, _ = self.as_linear()
        change = pooled - now[:, : self.in_channels]
        self.fc.weight += torch.linalg.pinv(deep) @ change
        self.classifier.weight[:, self.fc.out_features :] = morphological
        self.classifier.bias[:] = bias - deep @ self.fc.bias.double()

    def _halves(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The last layer's weights of either feature."""
        return self.classifier.weight.double().split(
            [self.fc.out_features, self.morphological_channels], dim=1
        )
