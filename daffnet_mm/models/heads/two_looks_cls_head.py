import torch
from mmengine.dist import get_world_size
from mmpretrain.models.heads import LinearClsHead
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError


@MODELS.register_module()
class TwoLooksClsHead(LinearClsHead):
    """A linear classifier that is to answer alike on two looks at one cell.

    Each batch holds every cell twice, one look behind the other, as
    MMPretrain's ``RepeatAugSampler(num_repeats=2)`` draws them in a training
    of one process; of several, each would get one of the looks. What is random
    in the pipeline (stain, lamp, focus) tells the looks apart. Images that are
    mixed (Mixup, CutMix) are no longer looks at one cell.

    Args:
        consistency (dict): Config of the loss of two looks. Defaults to
            ``dict(type='JensenShannonLoss')``.
        **kwargs: As for MMPretrain's ``LinearClsHead``.

    Examples:
        >>> train_dataloader = dict(
        ...     sampler=dict(type='RepeatAugSampler', num_repeats=2))
        >>> model = dict(
        ...     head=dict(
        ...         type='TwoLooksClsHead', num_classes=5, in_channels=1280))
    """

    def __init__(
        self,
        *args,
        consistency: dict = dict(type='JensenShannonLoss'),
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.consistency = MODELS.build(consistency)

    def _get_loss(
        self, cls_score: torch.Tensor, data_samples: list[DataSample], **kwargs
    ) -> dict[str, torch.Tensor]:
        """Compute the classifier's loss, and that of the looks.

        Raises:
            InputError: If the batch does not hold each cell twice, does not
                tell, or holds mixed images.
        """
        if 'mixture' in data_samples[0]:
            raise InputError(
                'TwoLooksClsHead: images into which others are mixed are not '
                'two looks at one cell; take Mixup and CutMix out of '
                'model.train_cfg.augments'
            )
        # The last batch of an epoch may end between two looks.
        end = len(data_samples) // 2 * 2
        # Of the cells of a field, img_path does not tell one from the next.
        cells = [
            (sample.get('img_path'), sample.get('sample_idx'))
            for sample in data_samples[:end]
        ]
        if (None, None) in cells:
            raise InputError(
                'TwoLooksClsHead: the samples have neither img_path nor '
                'sample_idx, by which two looks at one cell are known; leave '
                'them among the meta_keys of PackInputs'
            )
        if cells[::2] != cells[1::2]:
            raise InputError(
                'TwoLooksClsHead: a batch must hold each cell twice, one look '
                'behind the other; '
                + (
                    'train with one process, for RepeatAugSampler gives the '
                    'looks to different ones'
                    if get_world_size() > 1
                    else 'set train_dataloader.sampler to '
                    "dict(type='RepeatAugSampler', num_repeats=2) and an even "
                    'batch_size'
                )
            )
        losses = super()._get_loss(cls_score, data_samples, **kwargs)
        if end:
            losses['loss_consistency'] = self.consistency(
                cls_score[:end:2], cls_score[1:end:2]
            )
        return losses
