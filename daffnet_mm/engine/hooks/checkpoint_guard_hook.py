from typing import Any

from mmengine.hooks import Hook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import BaseLoop, Runner, find_latest_checkpoint
from mmpretrain.registry import HOOKS

from daffnet_mm.utils.check_checkpoint import (
    check_classes,
    check_state_dict,
)


@HOOKS.register_module()
class CheckpointGuardHook(Hook):
    """Refuse a checkpoint that does not belong to the model or the data.

    MMEngine only warns when shapes differ or weights are missing, and a test
    then reports the accuracy of random layers. To start a training from parts
    of another model, use ``init_cfg=dict(type='Pretrained', ...)``.
    """

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Hold a checkpoint against model and data before it is loaded.

        Raises:
            InputError: If a weight has another shape; if weights are missing,
                except where a new training starts from ``load_from``; if the
                checkpoint was trained for other classes than the data's.
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
        training = loop is runner._train_loop
        check_state_dict(
            model, checkpoint, source, may_lack=training and not runner._resume
        )
        check_classes(loop.dataloader.dataset, checkpoint, source)
