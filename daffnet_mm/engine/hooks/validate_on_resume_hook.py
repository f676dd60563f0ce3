from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class ValidateOnResumeHook(Hook):
    """Validate the epoch that a run resumes from.

    MMEngine writes an epoch's checkpoint, then validates the epoch. A run
    that resumes from that checkpoint goes on with the next epoch and would
    never take the score into account, neither for the best checkpoint nor for
    early stopping. Validating once more makes the resumed run equal to one
    that was never interrupted.
    """

    # After the checkpoint hook has prepared to save a best model.
    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Validate if the run has epochs behind it."""
        loop = runner.train_loop
        if (
            runner.epoch
            and runner.val_loop is not None
            and runner.epoch >= loop.val_begin
            and (
                runner.epoch % loop.val_interval == 0
                or runner.epoch == loop.max_epochs
            )
        ):
            runner.logger.info(
                f'validating epoch {runner.epoch}, from which this run '
                'resumes, for its score'
            )
            runner.val_loop.run()
