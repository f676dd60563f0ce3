import os.path as osp

from mmengine.dist import barrier, is_main_process
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import HOOKS

from daffnet_mm.checkpoints import save_checkpoint


@HOOKS.register_module()
class BestCheckpointHook(Hook):
    """Test the model that was best on validation, and publish it (Sec. 3.2).

    After training, the best checkpoint is loaded, written to
    ``<work_dir>/best.pth`` (weights and metadata only, a name that the next
    stage's config can rely on), and tested. Needs ``save_best`` in the
    checkpoint hook; of several metrics there, the first says which is best.

    Args:
        out_file (str): Name of the published file in the work folder.
            Defaults to ``'best.pth'``.
    """

    # After the checkpoint hook's last work.
    priority = 'LOWEST'

    def __init__(self, out_file: str = 'best.pth') -> None:
        self.out_file = out_file

    def after_train(self, runner: Runner) -> None:
        """Load, publish and test the best model."""
        hooks = (h for h in runner.hooks if isinstance(h, CheckpointHook))
        hook = next(hooks, None)
        best = getattr(hook, 'best_ckpt_path', None)
        # Of several metrics, in the order of save_best.
        several = getattr(hook, 'best_ckpt_path_dict', None)
        if several:
            metric, best = next(iter(several.items()))
            runner.logger.info(
                f'save_best names {", ".join(several)}: the best by {metric} '
                'is published and tested'
            )
        if best is None:
            runner.logger.warning(
                'there is no best checkpoint (no validation, or no save_best '
                'in the checkpoint hook): neither published nor tested'
            )
            return
        barrier()
        runner.load_checkpoint(best)
        if is_main_process():
            # As it lies on the disk: there, EMAHook has put the averaged
            # weights under state_dict; on loading it takes them out again.
            checkpoint = CheckpointLoader.load_checkpoint(
                best, map_location='cpu'
            )
            path = osp.join(runner.work_dir, self.out_file)
            kept = ('meta', 'state_dict')
            save_checkpoint(path, {key: checkpoint[key] for key in kept})
            runner.logger.info(f'published {best} as {path}')
        barrier()
        if runner.test_loop is not None:
            runner.test_loop.run()
