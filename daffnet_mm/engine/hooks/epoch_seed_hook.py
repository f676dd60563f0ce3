from functools import partial

from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner, set_random_seed
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seed the random generators anew before each training epoch.

    Augmentation and dropout then depend on seed and epoch only, not on what
    ran before, so a resumed run draws what an uninterrupted one would have.
    MMEngine seeds data loader workers when they start, the same in every
    epoch; here they get the epoch's seed. Leave ``persistent_workers`` off so
    that they start with each epoch. A training by iterations is one epoch to
    MMEngine: resumed, it draws other numbers.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed Python, NumPy and PyTorch, here and in the workers."""
        # A large odd factor keeps the seeds of epochs and processes apart.
        seed = runner.seed + 1000003 * (runner.epoch + 1) + get_rank()
        # Workers add a little, and NumPy's seeds end at 2**32.
        seed %= 2**31
        set_random_seed(seed)
        loader = runner.train_dataloader
        if 'seed' in getattr(loader.worker_init_fn, 'keywords', {}):
            # MMEngine adds the worker's number; no worker has the seed of a
            # main process.
            loader.worker_init_fn = partial(
                loader.worker_init_fn, seed=seed + get_world_size()
            )
