import copy
from typing import Any

import torch
from mmpretrain.models.utils.batch_augments import RandomBatchAugment
from mmpretrain.registry import MODELS
from torch import nn

from .channels_last_data_preprocessor import ChannelsLastDataPreprocessor


@MODELS.register_module()
class MixingDataPreprocessor(ChannelsLastDataPreprocessor):
    """Let MMPretrain's batch augments mix attributes as they mix images.

    Mixup, CutMix and ResizeMix mix the scores of one label. Eleven
    attributes, some of them unknown or soft, do not fit into those. So each
    sample is told its mixture instead, the shares of the batch's samples in
    its image, and :class:`MAPHead` mixes the targets of its loss.

    Samples with ``gt_score`` (``to_onehot=True``) have that mixed too, as the
    other heads need it: without, they would learn one label of a mixed image.
    :class:`FusionHead` and :class:`TaxonomyGuardHook` refuse that.

    Args:
        batch_augments (dict, optional): Arguments of MMPretrain's
            ``RandomBatchAugment``, which a classifier takes from its
            ``train_cfg``. Defaults to None.
        **kwargs: As for MMPretrain's ``ClsDataPreprocessor``.

    Examples:
        >>> data_preprocessor = dict(type='MixingDataPreprocessor')
        >>> model = dict(
        ...     train_cfg=dict(
        ...         augments=[dict(type='CutMix', alpha=1.)], probs=[0.5]))
    """

    def __init__(self, batch_augments: dict | None = None, **kwargs) -> None:
        # Not the parent's, which would mix the scores alone.
        super().__init__(**kwargs)
        # A copy: it appends to its arguments, and from one config several
        # models may be built.
        self.mixing = batch_augments and RandomBatchAugment(
            **copy.deepcopy(batch_augments)
        )

    def forward(
        self, data: dict | tuple | list, training: bool = False
    ) -> dict:
        """Normalise and batch, then mix.

        Args:
            data (dict | tuple | list): A batch from the data loader.
            training (bool): Whether to mix. Defaults to False.

        Returns:
            dict: ``inputs`` of shape (N, C, H, W), channels-last, and
            ``data_samples``, each with its ``mixture`` of shape (N, ) if
            images of several labels were mixed.
        """
        data = super().forward(data, training)
        samples = data.get('data_samples')
        if not training or not self.mixing or samples is None:
            return data
        inputs, mixture = self.mixing(
            data['inputs'],
            torch.eye(len(samples), device=data['inputs'].device),
        )
        data['inputs'] = inputs.contiguous(memory_format=torch.channels_last)
        if not mixes_labels(self):
            return data
        for sample, shares in zip(samples, mixture, strict=True):
            sample.set_field(shares, 'mixture')
        if 'gt_score' in samples[0]:
            scores = mixture @ torch.stack(
                [s.gt_score.to(mixture) for s in samples]
            )
            for sample, score in zip(samples, scores, strict=True):
                sample.set_gt_score(score)
        return data


def mixes_labels(data_preprocessor: nn.Module) -> bool:
    """Say whether an image may come with the labels of several samples.

    Args:
        data_preprocessor (nn.Module): MMPretrain's ``ClsDataPreprocessor``,
            :class:`MixingDataPreprocessor` or another one.

    Returns:
        bool: Whether it has batch augments other than those that say
        ``keeps_labels``, as :class:`FourierMix` does.
    """
    mixing: Any = getattr(data_preprocessor, 'mixing', None) or getattr(
        data_preprocessor, 'batch_augments', None
    )
    return any(
        not getattr(augment, 'keeps_labels', False)
        for augment in getattr(mixing, 'augments', ())
        if augment is not None
    )
