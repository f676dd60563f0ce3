from typing import Any

import torch
from mmengine.hooks import EMAHook, Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.pseudo_labels import confident_labels
from daffnet_mm.engine.epochs import require_epochs


@HOOKS.register_module()
class MeanTeacherHook(Hook):
    """Let the running average of the model renew the pseudo labels.

    An alternative to the paper's fixed pseudo labels (Sec. 2.2.3), after
    Tarvainen and Valpola, NeurIPS 2017: from some epoch on, the average that
    MMEngine's ``EMAHook`` keeps predicts the attributes of each batch's
    pseudo-labelled cells, on the view of them that the model is about to
    see, and these predictions take the place of those in the file. Until
    then, the file's count. True attributes and class labels stay, and what
    :class:`ForgetAttributes` has made unknown stays unknown.

    The average is saved and resumed by ``EMAHook``, which the config must
    have too.

    Args:
        begin_epoch (int): The epoch, from 0, from which the teacher labels.
            An average of few steps knows less than the file. Defaults to 1.
        threshold (float): A value with a lower probability is left unknown
            (-1). Defaults to 0.
        soft (bool): Teach the teacher's probabilities instead of its most
            probable values. Defaults to True.

    Examples:
        >>> custom_hooks = [
        ...     dict(type='EMAHook', momentum=0.001),
        ...     dict(type='MeanTeacherHook', begin_epoch=3)]
    """

    def __init__(
        self, begin_epoch: int = 1, threshold: float = 0.0, soft: bool = True
    ) -> None:
        self.begin_epoch = begin_epoch
        self.threshold = threshold
        self.soft = soft

    def before_train(self, runner: Runner) -> None:
        """Find the teacher.

        Raises:
            InputError: If there is no ``EMAHook``, or if the teacher is to
                wait for an epoch in a training by iterations.
        """
        if self.begin_epoch:
            require_epochs(runner, self)
        ema = [hook for hook in runner.hooks if isinstance(hook, EMAHook)]
        if not ema:
            raise InputError(
                'MeanTeacherHook needs an average to teach: add '
                "dict(type='EMAHook') to custom_hooks"
            )
        self._teacher = ema[0].ema_model.module

    def before_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
    ) -> None:
        """Label a batch's pseudo-labelled cells anew.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): The batch's number in the epoch.
            data_batch (dict): ``inputs`` and ``data_samples``; the latter are
                changed.
        """
        if runner.epoch < self.begin_epoch:
            return
        chosen = [
            i
            for i, sample in enumerate(data_batch['data_samples'])
            if sample.get('pseudo_labelled')
        ]
        if not chosen:
            return
        self._teacher.eval()
        with torch.no_grad():
            predicted = self._teacher.test_step(
                dict(inputs=[data_batch['inputs'][i] for i in chosen])
            )
        samples = [data_batch['data_samples'][i] for i in chosen]
        values = torch.stack([p.pred_attributes for p in predicted]).cpu()
        none = torch.zeros(values.shape[1], dtype=torch.bool)
        labels = confident_labels(
            values,
            torch.stack([p.pred_attribute_scores for p in predicted]).cpu(),
            self.threshold,
            torch.stack(
                [s.get('forgotten_attributes', none) for s in samples]
            ),
        )
        for sample, attributes, targets in zip(samples, *labels, strict=True):
            sample.set_field(attributes, 'gt_attributes')
            if 'attribute_targets' in sample:
                del sample.attribute_targets
            if self.soft:
                sample.set_field(targets, 'attribute_targets')
