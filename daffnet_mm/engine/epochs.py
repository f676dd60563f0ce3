from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner

from daffnet_lite.errors import InputError


def require_epochs(runner: Runner, hook: Hook) -> None:
    """Refuse a training by iterations, for a hook that counts epochs.

    To MMEngine such a training is one epoch, so the count would never rise.

    Args:
        runner (Runner): The runner of the training.
        hook (Hook): The hook.

    Raises:
        InputError: If the training goes by iterations.
    """
    if isinstance(runner.train_loop, IterBasedTrainLoop):
        raise InputError(
            f'{type(hook).__name__} counts epochs, but train_cfg has '
            'by_epoch=False; set by_epoch=True and max_epochs there, or leave '
            'the hook out'
        )
