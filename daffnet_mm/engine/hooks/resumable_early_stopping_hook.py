from typing import Any

from mmengine.hooks import EarlyStoppingHook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class ResumableEarlyStoppingHook(EarlyStoppingHook):
    """Early stopping whose patience survives an interruption (Sec. 3.2).

    MMEngine's hook counts in memory, so a resumed run would wait all over
    again. This one keeps its count and best score in the checkpoints.

    A checkpoint is written before its epoch is validated, so its count does
    not know that epoch yet; :class:`ValidateOnResumeHook` makes up for it.
    Therefore this hook has to stay behind the checkpoint hook (the priority
    of the base class, ``LOWEST``).

    Args:
        **kwargs: As for MMEngine's ``EarlyStoppingHook``.
    """

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Add the state to a checkpoint."""
        checkpoint['early_stopping'] = dict(
            best_score=self.best_score, wait_count=self.wait_count
        )

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Take the state from the checkpoint that a run resumes from."""
        # A checkpoint that only gives its weights belongs to another run.
        if runner._resume and 'early_stopping' in checkpoint:
            state = checkpoint['early_stopping']
            self.best_score = state['best_score']
            self.wait_count = state['wait_count']
