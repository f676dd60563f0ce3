from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop
from mmpretrain.registry import HOOKS

from daffnet_mm.errors import InputError


@HOOKS.register_module()
class CheckpointGuardHook(Hook):
    """Refuse a checkpoint that does not belong to the model or the data.

    MMEngine only warns when shapes differ or weights are missing, and a test
    then reports the accuracy of random layers. To start a training from parts
    of another model, use ``init_cfg=dict(type='Pretrained', ...)``.
    """

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Hold a checkpoint against model and data before it is loaded.

        Raises:
            InputError: If a weight has another shape; if weights are missing,
                except where a new training starts from ``load_from``; if the
                checkpoint was trained for other classes than the data's.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        source = runner._load_from or 'the checkpoint'
        training = isinstance(runner._train_loop, BaseLoop)
        may_lack = training and not runner._resume
        state_dict = checkpoint.get('state_dict', checkpoint)
        for name, value in model.state_dict().items():
            other = state_dict.get(name, state_dict.get(f'module.{name}'))
            if other is None:
                if may_lack or name.endswith('num_batches_tracked'):
                    continue
                raise InputError(
                    f'{source} has no weight {name}: it was made by another '
                    'model than this config describes')
            if other.shape != value.shape:
                raise InputError(
                    f'{source} has {name} of shape {tuple(other.shape)}, but '
                    f'this config needs {tuple(value.shape)}: it was made '
                    'for another number of classes or other widths')
        self._check_classes(runner, checkpoint.get('meta', {}), source,
                            training)

    @staticmethod
    def _check_classes(runner, meta: dict, source: str,
                       training: bool) -> None:
        trained = (meta.get('dataset_meta') or {}).get('classes')
        loader = runner.train_dataloader if training \
            else runner.test_dataloader
        asked = (getattr(loader.dataset, 'metainfo', None)
                 or {}).get('classes')
        if trained and asked and tuple(trained) != tuple(asked):
            raise InputError(
                f'{source} was trained for the classes {", ".join(trained)}, '
                f'but the data has {", ".join(asked)} (the order counts)')
