from collections.abc import Callable
from functools import partial
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch.utils.data import DataLoader

from daffnet_lite.utils.end_with_parent import end_with_parent


@HOOKS.register_module()
class EndWorkersHook(Hook):
    """Let the processes that load images end with the one that trains.

    PyTorch's own look every five seconds whether it is still there, and say
    in a traceback each that it is not. These end at once, also when it is
    killed, and leave Ctrl-C to it.
    """

    # Before a loader starts its processes.
    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Tie those that load training images."""
        _tie(runner.train_dataloader)

    def before_val_epoch(self, runner: Runner) -> None:
        """Tie those that load validation images."""
        _tie(runner.val_dataloader)

    def before_test_epoch(self, runner: Runner) -> None:
        """Tie those that load test images."""
        _tie(runner.test_dataloader)


def _tie(loader: DataLoader) -> None:
    begin: Any = loader.worker_init_fn
    if not isinstance(begin, partial):
        begin = partial(begin or _nothing)
    if begin.func is not _begin:
        # Its keywords stay to be seen: EpochSeedHook renews the seed.
        loader.worker_init_fn = partial(
            _begin, begin.func, *begin.args, **begin.keywords
        )


def _begin(begin: Callable, *args: Any, **kwargs: Any) -> None:
    end_with_parent()
    begin(*args, **kwargs)


def _nothing(worker: int) -> None:
    """Do nothing more."""
