from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_mm.models.data_preprocessors import (
    MixingDataPreprocessor,
    mixes_labels,
)
from daffnet_mm.models.heads import MAPHead, TwoLooksClsHead


@HOOKS.register_module()
class TaxonomyGuardHook(Hook):
    """Refuse a run whose parts count the classes differently.

    A label is an index. If training, validation and test data list the
    classes in different orders, or the classifier has another number of them,
    the figures are wrong or the loss fails somewhere deep.

    Nor may a training mix images and leave their labels to a head that cannot
    tell.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare training, validation and test data, and the model.

        Raises:
            InputError: If two disagree, or if images are mixed and what the
                head learns is not.
        """
        _check_mixing(_inner(runner))
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
        head = getattr(_inner(runner), 'head', None)
        outputs = getattr(head, 'num_classes', None)
        if outputs is not None and outputs != len(expected):
            raise InputError(
                f'model.head.num_classes is {outputs}, but the data have '
                f'{len(expected)} classes: {", ".join(expected)}'
            )


def _inner(runner: Runner) -> Any:
    """The model, out of what distributes it."""
    model: Any = runner.model
    return model.module if is_model_wrapper(model) else model


def _check_mixing(model: Any) -> None:
    """Refuse mixed images for a head that would learn one of their labels."""
    head = getattr(model, 'head', None)
    preprocessor: Any = getattr(model, 'data_preprocessor', None)
    if not mixes_labels(preprocessor):
        return
    if isinstance(head, TwoLooksClsHead):
        raise InputError(
            'TwoLooksClsHead compares two looks at one cell, which they are '
            'no longer once other images are mixed into them; take Mixup and '
            'CutMix out of model.train_cfg.augments'
        )
    mixes_attributes = isinstance(preprocessor, MixingDataPreprocessor)
    if isinstance(head, MAPHead) and not mixes_attributes:
        raise InputError(
            'model.train_cfg.augments mix the images, but '
            f'{type(preprocessor).__name__} does not mix the attributes that '
            'MAPHead learns: set data_preprocessor to '
            "dict(type='MixingDataPreprocessor')"
        )
    # Where it does not mix the scores itself, MMPretrain's sets to_onehot.
    if not preprocessor.to_onehot and not isinstance(head, MAPHead):
        raise InputError(
            'model.train_cfg.augments mix the images, but '
            f'{type(preprocessor).__name__} does not mix the labels that '
            f'{type(model if head is None else head).__name__} learns: set '
            'to_onehot=True and num_classes in data_preprocessor'
        )
