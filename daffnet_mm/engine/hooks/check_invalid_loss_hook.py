import math
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError


@HOOKS.register_module()
class CheckInvalidLossHook(Hook):
    """Stop at the first loss that is not finite, before it is saved.

    It costs nothing: MMEngine reads every loss for its log anyhow.
    """

    # Before the checkpoint hook, so that no broken weights are written.
    priority = 'VERY_HIGH'

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Look at the losses of one iteration.

        Raises:
            InputError: If one is NaN or infinite.
        """
        for name, value in outputs.items():
            if 'loss' in name and not math.isfinite(value.item()):
                raise InputError(
                    f'{name} became {value.item()} in epoch '
                    f'{runner.epoch + 1}, iteration {batch_idx + 1}; the '
                    f'checkpoints of earlier epochs in {runner.work_dir} are '
                    'intact: lower optim_wrapper.optimizer.lr (or, with '
                    '--amp, train without it) and go on with --resume'
                )
