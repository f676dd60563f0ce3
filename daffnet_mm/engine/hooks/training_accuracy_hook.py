import copy

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch.utils.data import DataLoader, Subset

from daffnet_lite.errors import InputError


@HOOKS.register_module()
class TrainingAccuracyHook(Hook):
    """Log the accuracy on training images beside that of validation.

    Before each validation of a training the model classifies some training
    images, always the same ones, as they are validated: without augmentation,
    in evaluation mode. Under mixup nothing else can be called a training
    accuracy, for the mixed images have two classes. Chen et al.'s Figs. 6 and
    8 show it; ``tools/analysis_tools/plot_curves.py`` draws it as
    ``train_accuracy``, in percent.

    Args:
        num_samples (int): How many images, drawn at random. Defaults to 1000.

    Raises:
        InputError: At the first validation, if the training data is a mixture
            of datasets.

    Examples:
        >>> custom_hooks = [dict(type='TrainingAccuracyHook')]
    """

    # After the hook that puts averaged weights in.
    priority = 'LOW'

    def __init__(self, num_samples: int = 1000) -> None:
        self.num_samples = num_samples
        self._dataset: Subset | None = None

    def before_train(self, runner: Runner) -> None:
        """Choose the images."""
        dataset = copy.copy(runner.train_dataloader.dataset)
        wrapped = hasattr(dataset, 'dataset') or hasattr(dataset, 'datasets')
        if wrapped or not hasattr(dataset, 'pipeline'):
            raise InputError(
                f'TrainingAccuracyHook cannot read a {type(dataset).__name__} '
                'as it is validated; use it with a plain dataset, such as PBC'
            )
        dataset.pipeline = runner.val_dataloader.dataset.pipeline
        order = np.random.default_rng(0).permutation(len(dataset))
        self._dataset = Subset(dataset, sorted(order[: self.num_samples]))

    @torch.no_grad()
    def before_val_epoch(self, runner: Runner) -> None:
        """Classify them, and log the accuracy with this validation."""
        if self._dataset is None:  # a validation without training
            return
        loader = DataLoader(
            self._dataset,
            batch_size=runner.val_dataloader.batch_size,
            collate_fn=pseudo_collate,
        )
        runner.model.eval()
        correct = sum(
            int(sample.pred_label) == int(sample.gt_label)
            for batch in loader
            for sample in runner.model.val_step(batch)
        )
        runner.message_hub.update_scalar(
            'val/train_accuracy', 100 * correct / len(self._dataset)
        )
