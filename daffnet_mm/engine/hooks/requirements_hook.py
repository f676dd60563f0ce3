from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop
from mmpretrain.registry import HOOKS

from daffnet_mm.utils.requirements import check_weights


@HOOKS.register_module()
class RequirementsHook(Hook):
    """Say before a training which of its pretrained weights cannot be had.

    Without a network, MMEngine would end in a bare ``URLError`` where it
    initialises the model. ``tools/train.py`` looks at data and pseudo labels,
    too, before anything is built.
    """

    def before_run(self, runner: Runner) -> None:
        """Look for the weights.

        Raises:
            InputError: If some are missing: which, and where they belong.
        """
        # A test initialises nothing.
        if isinstance(runner._train_loop, BaseLoop):
            check_weights(runner.cfg)
