from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError


@HOOKS.register_module()
class TaxonomyGuardHook(Hook):
    """Refuse a run whose parts count the classes differently.

    A label is an index. If training, validation and test data list the
    classes in different orders, or the classifier has another number of them,
    the figures are wrong or the loss fails somewhere deep.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare training, validation and test data, and the model."""
        self._check(
            runner,
            dict(
                train_dataloader=runner.train_loop,
                val_dataloader=runner.val_loop,
                test_dataloader=runner.test_loop,
            ),
        )

    def before_test(self, runner: Runner) -> None:
        """Compare test data and model."""
        self._check(runner, dict(test_dataloader=runner.test_loop))

    @staticmethod
    def _check(runner: Runner, loops: dict[str, BaseLoop | None]) -> None:
        """Compare the datasets of some loops with each other and the model.

        Raises:
            InputError: If two disagree.
        """
        classes = {}
        for name, loop in loops.items():
            if loop is not None:
                meta = getattr(loop.dataloader.dataset, 'metainfo', {})
                if meta.get('classes'):
                    classes[name] = tuple(meta['classes'])
        if not classes:
            return
        first, expected = next(iter(classes.items()))
        for name, own in classes.items():
            if own != expected:
                raise InputError(
                    f'{first} has the classes {", ".join(expected)}, '
                    f'but {name} has {", ".join(own)} (the order counts); '
                    "wrap one in dict(type='TaxonomyDataset', classes=...)"
                )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        outputs = getattr(getattr(model, 'head', None), 'num_classes', None)
        if outputs is not None and outputs != len(expected):
            raise InputError(
                f'model.head.num_classes is {outputs}, but the data have '
                f'{len(expected)} classes: {", ".join(expected)}'
            )
