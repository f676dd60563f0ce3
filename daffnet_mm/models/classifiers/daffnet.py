import torch
from mmpretrain.models.classifiers import ImageClassifier
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn

from ..necks import MFE
from ..utils import pool_last_feature


@MODELS.register_module()
class DAFFNet(ImageClassifier):
    """Dual Attention Feature Fusion Network (Sec. 2, Fig. 1).

    The backbone (EPSA-SA-ResNet50 in the paper; any backbone of MMPretrain
    serves) gives the high-level feature, the neck (:class:`MFE`) the
    morphological one, and the head (:class:`FusionHead`) fuses and classifies
    them. A prediction carries the cell type and the eleven attributes that
    it was based on.

    The network works in the channels-last memory format, in which
    convolutions of this shape run about twice as fast on CPUs; results do not
    depend on it.

    Args:
        backbone (dict, optional): Config of the backbone. None lets that of
            the MAP serve both branches: the computation of one network, and
            nothing but the head to train where the MAP is frozen.
        neck (dict): Config of the :class:`MFE`.
        head (dict): Config of the :class:`FusionHead`.
        **kwargs: ``pretrained``, ``train_cfg``, ``data_preprocessor`` and
            ``init_cfg`` of MMPretrain's ``ImageClassifier``.
    """

    def __init__(
        self, backbone: dict | None, neck: dict, head: dict, **kwargs
    ) -> None:
        super().__init__(
            backbone=nn.Identity() if backbone is None else backbone,
            neck=neck,
            head=head,
            **kwargs,
        )
        self.shares_backbone = backbone is None
        if not isinstance(self.neck, MFE):
            raise TypeError(
                'the neck of DAFFNet must be an MFE, but got '
                f'{type(self.neck).__name__}; for a network '
                'without one use ImageClassifier'
            )
        self.to(memory_format=torch.channels_last)

    def extract_feat(
        self, inputs: torch.Tensor, stage: str = 'neck'
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Extract features from an image batch.

        Args:
            inputs (Tensor): Normalised images of shape (N, 3, H, W).
            stage (str): ``'backbone'`` (the backbone's stages), ``'neck'``
                (the pooled and the morphological feature) or
                ``'pre_logits'`` (the fused feature). Defaults to ``'neck'``.

        Returns:
            tuple[Tensor] | Tensor: The output of that stage.
        """
        if stage not in ('backbone', 'neck', 'pre_logits'):
            raise ValueError(
                f"stage='{stage}' must be 'backbone', 'neck' or 'pre_logits'"
            )
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        if stage == 'backbone':
            if self.shares_backbone:
                return self.neck.predictor.extract_feat(inputs)
            return self.backbone(inputs)
        feats = None if self.shares_backbone else self.backbone(inputs)
        feats = self.neck(feats, inputs)
        return feats if stage == 'neck' else self.head.pre_logits(feats)

    def predict(
        self,
        inputs: torch.Tensor,
        data_samples: list[DataSample] | None = None,
        **kwargs,
    ) -> list[DataSample]:
        """Predict cell types and attributes.

        Args:
            inputs (Tensor): Normalised images of shape (N, 3, H, W).
            data_samples (list[DataSample], optional): Samples to complete.
                Defaults to None: new ones are made.
            **kwargs: Passed on to the head.

        Returns:
            list[DataSample]: Each with ``pred_label``, ``pred_score``,
            ``pred_attributes`` and ``pred_attribute_scores``.
        """
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        scores, pooled = self.neck.read(inputs)
        if not self.shares_backbone:
            pooled = pool_last_feature(self.backbone(inputs))
        feats = pooled, self.neck.encode(scores)
        data_samples = self.head.predict(feats, data_samples, **kwargs)
        return self.neck.predictor.head.set_attributes(scores, data_samples)
