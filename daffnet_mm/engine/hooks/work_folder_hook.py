import atexit
import os.path as osp
from contextlib import ExitStack, suppress

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.claims import claim_file
from daffnet_lite.fileio.leftovers import sweep_folder
from daffnet_mm.engine.last_checkpoint import LAST

#: What trainings of this process have claimed, by work folder.
_claims: dict[str, ExitStack] = {}


@HOOKS.register_module()
class WorkFolderHook(Hook):
    """Keep a second training out of a work folder, and sweep it.

    Two trainings in one folder would take each other's checkpoints for their
    own. What a killed one left half-written is removed.
    """

    # Before anything is read or written.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Claim the folder.

        Raises:
            InputError: If another process trains there.
        """
        if (
            not is_main_process()
            or not isinstance(runner._train_loop, BaseLoop)
            or _name(runner) in _claims  # an earlier one here has failed
        ):
            return
        stack = ExitStack()
        # Not the folder itself: who runs several trainings has that.
        stack.enter_context(claim_file(osp.join(runner.work_dir, LAST)))
        atexit.register(_end, stack)
        _claims[_name(runner)] = stack
        sweep_folder(runner.work_dir)

    def after_run(self, runner: Runner) -> None:
        """Give it back."""
        stack = _claims.pop(_name(runner), None)
        if stack is not None:
            stack.close()


def _end(stack: ExitStack) -> None:
    """Give back what a training that failed in this process still has."""
    # Who has removed its folder since needs no telling.
    with suppress(InputError):
        stack.close()


def _name(runner: Runner) -> str:
    return osp.realpath(runner.work_dir)
