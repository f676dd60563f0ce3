import re
from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_mm.engine.epochs import require_epochs


@HOOKS.register_module()
class FreezePretrainedHook(Hook):
    """Train the new layers first, then all (Sec. 3.2, "freeze weight").

    During the first epochs the layers that start from ImageNet weights keep
    their weights and, if they are normalisation layers, their statistics.
    Afterwards everything trains. The state follows from the epoch alone, so a
    resumed run is in the right phase.

    In distributed training the frozen parameters get no gradient for a while:
    set ``find_unused_parameters=True`` in ``model_wrapper_cfg``.

    Args:
        layers (Sequence[str]): Regular expressions; a parameter is
            pretrained if one matches the beginning of its name.
        epochs (int): Number of epochs with frozen layers. Defaults to 5.
        except_layers (Sequence[str]): Regular expressions, searched anywhere
            in the name, of parameters among those that are new and train from
            the start, such as the PSA layers. Defaults to none.
    """

    def __init__(
        self,
        layers: Sequence[str],
        epochs: int = 5,
        except_layers: Sequence[str] = (),
    ) -> None:
        self.layers = [re.compile(pattern) for pattern in layers]
        self.except_layers = [re.compile(pattern) for pattern in except_layers]
        self.epochs = epochs

    def before_train(self, runner: Runner) -> None:
        """Find the pretrained parameters.

        Raises:
            InputError: If a pattern matches no parameter, or if layers are to
                be thawed in a training by iterations.
        """
        if self.epochs:
            require_epochs(runner, self)
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        named = dict(model.named_parameters())
        for pattern in self.layers:
            if not any(pattern.match(name) for name in named):
                raise InputError(
                    f'FreezePretrainedHook: {pattern.pattern!r} matches no '
                    'parameter of the model; see model.named_parameters()'
                )
        # What is frozen for good (the MAP inside MFE) is not ours to thaw.
        self._parameters = [
            p
            for name, p in named.items()
            if p.requires_grad
            and any(pattern.match(name) for pattern in self.layers)
            and not any(pattern.search(name) for pattern in self.except_layers)
        ]
        frozen = set(self._parameters)
        self._norms: list[nn.Module] = [
            m
            for m in model.modules()
            if isinstance(m, nn.modules.batchnorm._NormBase)
            and frozen.issuperset(m.parameters())
            and list(m.parameters())
        ]

    def before_train_epoch(self, runner: Runner) -> None:
        """Freeze or thaw."""
        frozen = runner.epoch < self.epochs
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        if (frozen and runner.epoch == 0) or runner.epoch == self.epochs:
            state = 'frozen' if frozen else 'training'
            runner.logger.info(
                f'{len(self._parameters)} pretrained parameters are {state} '
                f'from epoch {runner.epoch + 1} on'
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Keep frozen normalisation layers in evaluation mode.

        The loop puts the model into training mode after
        :meth:`before_train_epoch`, hence here.
        """
        if batch_idx == 0 and runner.epoch < self.epochs:
            for norm in self._norms:
                norm.eval()
