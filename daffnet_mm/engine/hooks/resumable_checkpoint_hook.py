import os.path as osp
from collections import deque
from typing import Any

from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from daffnet_mm.engine.last_checkpoint import find_last, name_last


@HOOKS.register_module()
class ResumableCheckpointHook(CheckpointHook):
    """Save checkpoints so that ``--resume`` finds one, whatever happened.

    MMEngine's hook writes the absolute path of the last checkpoint in place:
    killed in between, or moved, the work folder cannot be resumed from. This
    one writes its name, whole. A checkpoint is deleted when its successor is
    there, not before.

    ``--resume`` takes the last checkpoint; if that is damaged, missing or not
    named, the newest one that is whole, and says so.

    Args:
        **kwargs: As for MMEngine's ``CheckpointHook``.
    """

    best_ckpt_path: str | None
    keep_ckpt_ids: deque[int]

    def before_run(self, runner: Runner) -> None:
        """Find what to resume from, if nobody named it.

        Raises:
            InputError: If all that there is is damaged.
        """
        folder = self._folder(runner)
        if (
            not runner._resume
            or runner._load_from is not None
            or '://' in folder  # which MMEngine resumes from
        ):
            return
        path, remarks = find_last(runner.work_dir, folder, self.filename_tmpl)
        for remark in remarks:
            runner.logger.warning(remark)
        if path is not None:
            runner.logger.info(f'resuming from {path}')
            runner._load_from = path
            return
        runner.logger.info(
            f'{folder} holds no checkpoint to resume from: training from the '
            'start'
        )
        runner._resume = False

    def before_train(self, runner: Runner) -> None:
        """Prepare as MMEngine's hook, with paths in this work folder."""
        super().before_train(runner)
        info = runner.message_hub.runtime_info
        for key, value in info.items():
            if key.startswith(('best_ckpt', 'last_ckpt')) and value:
                runner.message_hub.update_info(key, self._here(value))
        best = getattr(self, 'best_ckpt_path', None)
        if best:
            self.best_ckpt_path = self._here(best)
        for key, value in getattr(self, 'best_ckpt_path_dict', {}).items():
            if value:
                self.best_ckpt_path_dict[key] = self._here(value)

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict[str, Any]
    ) -> None:
        """Save a checkpoint, then name it, then delete what is too old."""
        hub = runner.message_hub
        kept: list[int] = []
        if self.max_keep_ckpts > 0:
            kept = [s for s in self.keep_ckpt_ids if s != step] + [step]
            # With the one to be deleted: resumed, MMEngine's hook deletes it.
            hub.update_info('keep_ckpt_ids', list(kept))
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            name_last(runner.work_dir, self.last_ckpt)
        if self.max_keep_ckpts > 0:
            self.keep_ckpt_ids = deque(kept, self.max_keep_ckpts)
            hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
            for old in kept[: -self.max_keep_ckpts]:
                self._delete(self.filename_tmpl.format(old))

    def _delete(self, name: str) -> None:
        path = self.file_backend.join_path(self.out_dir, name)
        if is_main_process() and self.file_backend.isfile(path):
            self.file_backend.remove(path)

    def _folder(self, runner: Runner) -> str:
        """Name the folder of the checkpoints, before the training."""
        if self.out_dir is None or self.out_dir == runner.work_dir:
            return runner.work_dir
        return osp.join(self.out_dir, osp.basename(runner.work_dir))

    def _here(self, path: str) -> str:
        """Name a checkpoint's place now that the folder may have moved."""
        if isinstance(self.file_backend, LocalBackend):
            return osp.join(self.out_dir, osp.basename(path))
        return path
