import os.path as osp
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.logging import MMLogger
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import check_fit, find_state_dict

from ..utils import FoldedInference, pool_last_feature


def _read(
    predictor: Any, inputs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give a MAP's attribute logits and its backbone's pooled feature."""
    feats = predictor.extract_feat(inputs)
    return predictor.head(feats)[0], pool_last_feature(feats)


@MODELS.register_module()
class MFE(BaseModule):
    """DAFFNet's Morphological Feature Extractor (Sec. 2.2).

    A Morphological Attribute Predictor (MAP) reads attribute probabilities
    from the image batch; an encoder (MAE) turns them into the morphological
    feature. As the neck of :class:`DAFFNet` it stands beside the backbone,
    not behind it: the backbone's feature is only pooled. Where the MAP's
    backbone serves both branches, it gives that one's.

    Args:
        predictor (dict): Config of the MAP: an ``ImageClassifier`` with a
            :class:`MAPHead`, the model that stages 1 and 2 train. Its
            checkpoint is named here, by
            ``init_cfg=dict(type='Pretrained', checkpoint=...)``, and read by
            ``init_weights()``.
        encoder (dict, optional): Config of the encoder. None gives the
            attribute probabilities themselves: the paper's ablation row
            "+MAP". Defaults to
            ``dict(type='MorphologicalAttributeEncoder')``.
        frozen (bool): Keep the MAP's weights and batch statistics as they
            are. Defaults to True.
        predictor_config (str): The config that trains the MAP; the error
            about a missing checkpoint names it. Defaults to
            ``'configs/daffnet/map_ssl.py'``.
        init_cfg (dict, optional): Initialisation. Defaults to None.
    """

    def __init__(
        self,
        predictor: dict,
        encoder: dict | None = dict(type='MorphologicalAttributeEncoder'),
        frozen: bool = True,
        predictor_config: str = 'configs/daffnet/map_ssl.py',
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.predictor = MODELS.build(predictor)
        self.encoder = None if encoder is None else MODELS.build(encoder)
        self.frozen = frozen
        self.predictor_config = predictor_config
        if frozen:
            self.predictor.requires_grad_(False)
            self.predictor.eval()
            self._folded_predictor = FoldedInference(self.predictor, _read)

    @property
    def predictor_checkpoint(self) -> str | None:
        """The file or address of the MAP's weights, None if it has none."""
        return self._pretrained_cfg().get('checkpoint')

    def init_weights(self) -> None:
        """Initialise the weights, the MAP's from its checkpoint.

        Raises:
            InputError: If the MAP's checkpoint does not exist, or was made
                for another model than ``predictor``.
        """
        checkpoint = self.predictor_checkpoint
        if checkpoint is None:
            if self.frozen:
                MMLogger.get_current_instance().warning(
                    'the MAP is frozen but has no checkpoint to start from, '
                    'so its attributes stay random; name one in '
                    'model.neck.predictor.init_cfg'
                )
        elif '://' not in checkpoint and not osp.isfile(checkpoint):
            raise InputError(
                f"the MAP's checkpoint {checkpoint} does not exist; make it "
                f'with `python tools/train.py {self.predictor_config}`, or '
                'name another one in model.neck.predictor.init_cfg.checkpoint'
            )
        else:
            self._check_predictor(checkpoint)
        super().init_weights()

    def _pretrained_cfg(self) -> dict:
        init_cfg = self.predictor.init_cfg or []
        if isinstance(init_cfg, dict):
            init_cfg = [init_cfg]
        return next((cfg for cfg in init_cfg if 'checkpoint' in cfg), {})

    def _check_predictor(self, checkpoint: str) -> None:
        """Refuse what MMEngine would load in part, with a mere warning."""
        weights = CheckpointLoader.load_checkpoint(
            checkpoint, map_location='cpu'
        )
        source = f"the MAP's checkpoint {checkpoint}"
        check_fit(
            self.predictor,
            find_state_dict(
                weights, source, self._pretrained_cfg().get('prefix')
            ),
            source,
            # The auxiliary classifier may stay behind.
            may_exceed=True,
        )

    def train(self, mode: bool = True) -> 'MFE':
        """Set the mode; a frozen MAP stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.predictor.eval()
        return self

    def predict_attributes(self, inputs: torch.Tensor) -> torch.Tensor:
        """Predict the attributes of an image batch.

        Args:
            inputs (Tensor): Normalised images of shape (N, 3, H, W).

        Returns:
            Tensor: Attribute probabilities of shape (N, 31).
        """
        return self.read(inputs)[0]

    def read(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Give all that the MAP makes of an image batch.

        Args:
            inputs (Tensor): Normalised images of shape (N, 3, H, W).

        Returns:
            tuple[Tensor, Tensor]: Attribute probabilities of shape (N, 31),
            and the pooled feature of the MAP's backbone, (N, C).
        """
        if self.frozen:
            with torch.no_grad():
                logits, pooled = self._folded_predictor(inputs)
        else:
            logits, pooled = _read(self.predictor, inputs)
        return self.predictor.head.layout.softmax(logits), pooled

    def encode(self, scores: torch.Tensor) -> torch.Tensor:
        """Turn attribute probabilities into the morphological feature.

        Args:
            scores (Tensor): Attribute probabilities of shape (N, 31).

        Returns:
            Tensor: Shape (N, 128), or the probabilities without an encoder.
        """
        # A softmax gives float32, whatever the weights are in.
        scores = scores.to(self.predictor.head.fc.weight.dtype)
        return scores if self.encoder is None else self.encoder(scores)

    def forward(
        self,
        feats: torch.Tensor | Sequence[torch.Tensor] | None,
        inputs: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give both features of a batch.

        Args:
            feats (Tensor | Sequence[Tensor], optional): The backbone's
                stages; None for those of the MAP's.
            inputs (Tensor): The images that the backbone saw, of shape
                (N, 3, H, W).

        Returns:
            tuple[Tensor, Tensor]: The pooled feature of shape (N, C) and the
            morphological feature of shape (N, 128).
        """
        scores, pooled = self.read(inputs)
        if feats is not None:
            pooled = pool_last_feature(feats)
        return pooled, self.encode(scores)
