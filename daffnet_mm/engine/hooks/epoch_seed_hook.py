from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import set_random_seed
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seed the random generators anew before each training epoch.

    Augmentation and dropout then depend on seed and epoch only, not on what
    ran before, so a resumed run draws what an uninterrupted one would have.
    Data loader workers are seeded by MMEngine when they start; leave
    ``persistent_workers`` off so that they start with each epoch.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner) -> None:
        """Seed Python, NumPy and PyTorch."""
        # A large odd factor keeps the seeds of epochs and processes apart.
        seed = (runner.seed + 1000003 * (runner.epoch + 1) + get_rank())
        set_random_seed(seed % 2**32)
