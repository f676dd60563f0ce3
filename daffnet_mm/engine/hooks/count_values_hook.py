from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.sample_infos import count_values
from daffnet_mm.models.heads import find_map_head


@HOOKS.register_module()
class CountValuesHook(Hook):
    """Tell the attribute loss how common each value is in the training set.

    Before the training the annotations (not the images) are read once, and
    the counts go to :class:`DSLLoss` for ``class_balance`` and
    ``logit_adjustment``. Unknown values do not count.
    """

    def before_train(self, runner: Runner) -> None:
        """Count.

        Raises:
            InputError: If the model predicts no attributes, or the training
                set has none.
        """
        head = find_map_head(runner.model)
        if head is None:
            raise InputError(
                'CountValuesHook is for models with a MAPHead, '
                'but the model of this config has none'
            )
        counts = count_values(
            runner.train_dataloader.dataset, head.layout.sizes
        )
        head.loss_module.set_value_counts(counts)
        runner.logger.info(f'training cells by attribute value: {counts}')
