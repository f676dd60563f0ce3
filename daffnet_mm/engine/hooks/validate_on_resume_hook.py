from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class ValidateOnResumeHook(Hook):
    """Validate the epoch that a run resumes from.

    MMEngine writes an epoch's checkpoint, then validates the epoch. A run
    that resumes from that checkpoint goes on with the next epoch and would
    never take the score into account, neither for the best checkpoint nor for
    early stopping. Validating once more makes the resumed run equal to one
    that was never interrupted. So it is with iterations, where a training
    goes by them.
    """

    # After the checkpoint hook has prepared to save a best model.
    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Validate if the run has epochs behind it."""
        loop = runner.train_loop
        unit, done, last = 'epoch', runner.epoch, loop.max_epochs
        if isinstance(loop, IterBasedTrainLoop):
            unit, done, last = 'iteration', runner.iter, loop.max_iters
        if (
            done
            and runner.val_loop is not None
            and done >= loop.val_begin
            and (done % loop.val_interval == 0 or done == last)
        ):
            runner.logger.info(
                f'validating {unit} {done}, from which this run resumes, for '
                'its score'
            )
            runner.val_loop.run()
