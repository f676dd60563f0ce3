from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch.nn.modules.batchnorm import _BatchNorm

from daffnet_lite.errors import InputError
from daffnet_mm.engine.epochs import require_epochs


@HOOKS.register_module()
class FreezeBatchNormHook(Hook):
    """Keep the statistics of batch normalisation still from an epoch on.

    While they are estimated, a network learns with the statistics of the
    batch and is tested with their average. From ``begin`` on it learns with
    what it is tested with; the layers' weights train on. A resumed run is in
    the right phase.

    Args:
        begin (int): Number of epochs before the statistics stand still.

    Raises:
        InputError: At the start, if the model has no batch normalisation, or
            the training goes by iterations.
    """

    def __init__(self, begin: int) -> None:
        self.begin = begin

    def before_train(self, runner: Runner) -> None:
        """Find the layers."""
        require_epochs(runner, self)
        self._norms = [
            m for m in runner.model.modules() if isinstance(m, _BatchNorm)
        ]
        if not self._norms:
            raise InputError(
                'FreezeBatchNormHook: the model has no batch '
                'normalisation; leave the hook out'
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Freeze, after the loop has put the model into training mode."""
        if batch_idx == 0 and runner.epoch >= self.begin:
            for norm in self._norms:
                norm.eval()
