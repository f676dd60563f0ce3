from typing import Any

from mmengine.hooks import Hook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import BaseLoop, Runner, find_latest_checkpoint
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import (
    check_classes,
    check_fit,
    find_meta,
    find_state_dict,
)


@HOOKS.register_module()
class CheckpointGuardHook(Hook):
    """Refuse a checkpoint that does not belong to the model or the data.

    MMEngine only warns when shapes differ or weights are missing, and a test
    then reports the accuracy of random layers. To start a training from parts
    of another model, use ``init_cfg=dict(type='Pretrained', ...)``.
    """

    # Before the other hooks take from a checkpoint what they need.
    priority = 'VERY_HIGH'

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Hold a checkpoint against model and data before it is loaded.

        Raises:
            InputError: If a weight has another shape or is not finite; if
                weights are missing or have no place, except where a new
                training starts from ``load_from``; if the checkpoint was
                trained for other classes than the data's; if a training is
                to be resumed of which the checkpoint does not say enough.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        # A checkpoint knows nothing of the views that are averaged.
        if isinstance(model, BaseTTAModel):
            model = model.module
        # Without a name, `--resume` takes the last one of the work folder.
        source = (
            runner._load_from
            or find_latest_checkpoint(runner.work_dir)
            or 'the checkpoint'
        )
        # Of the loops, only those that this run needs are built.
        loop = next(
            loop
            for loop in (
                runner._train_loop,
                runner._val_loop,
                runner._test_loop,
            )
            if isinstance(loop, BaseLoop)
        )
        starting = loop is runner._train_loop and not runner._resume
        check_fit(
            model,
            find_state_dict(checkpoint, source),
            source,
            may_lack=starting,
            may_exceed=starting,
        )
        meta = find_meta(checkpoint, source)
        check_classes(loop.dataloader.dataset, meta, source)
        if runner._resume:
            _check_resumable(checkpoint, meta, source)


def _check_resumable(checkpoint: dict, meta: dict, source: str) -> None:
    """Refuse a checkpoint that holds a model, but no training."""
    hub = checkpoint.get('message_hub')
    parts = ('log_scalars', 'runtime_info', 'resumed_keys')
    if (
        not all(isinstance(meta.get(key), int) for key in ('epoch', 'iter'))
        or not isinstance(hub, dict)
        or not all(isinstance(hub.get(part), dict) for part in parts)
    ):
        raise InputError(
            f'{source} holds a model but not the state of its training, so '
            'it cannot be resumed from: name an epoch_N.pth of its work '
            'folder, or start a new training from it with load_from'
        )
