from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import HOOKS

from daffnet_mm.checkpoints import find_meta
from daffnet_mm.datasets.sample_infos import image_ids
from daffnet_mm.errors import InputError
from daffnet_mm.models.necks import MFE


@HOOKS.register_module()
class SplitGuardHook(Hook):
    """Refuse a run that trains on what it validates or tests on.

    Training, validation and test part must not share an image. That includes
    the images on which the MAP inside :class:`MFE` was trained: every
    checkpoint of a guarded run lists its training images in
    ``meta['train_images']``.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare the lists.

        Raises:
            InputError: If two parts share an image.
        """
        parts = {'train': set(image_ids(runner.train_dataloader.dataset))}
        self._train_images = sorted(parts['train'])
        if runner.val_loop is not None:
            parts['val'] = set(image_ids(runner.val_dataloader.dataset))
        if runner.test_loop is not None:
            parts['test'] = set(image_ids(runner.test_dataloader.dataset))
        names = list(parts)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                self._refuse_overlap(
                    f'{first}_dataloader',
                    parts[first],
                    f'{second}_dataloader',
                    parts[second],
                    'give the datasets the same split_file and different '
                    'splits',
                )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if isinstance(getattr(model, 'neck', None), MFE):
            self._check_predictor(runner, model.neck, parts)

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """List the training images in a checkpoint."""
        checkpoint['meta']['train_images'] = self._train_images

    def _check_predictor(
        self, runner: Runner, neck: MFE, parts: dict[str, set[str]]
    ) -> None:
        path = neck.predictor_checkpoint
        if path is None:
            return
        meta = find_meta(
            CheckpointLoader.load_checkpoint(path, map_location='cpu'), path
        )
        if 'train_images' not in meta:
            runner.logger.warning(
                f'{path} does not list the images that it was trained on; '
                'that none of them is validated or tested on here cannot be '
                'checked'
            )
            return
        trained = set(meta['train_images'])
        for name in ('val', 'test'):
            if name in parts:
                self._refuse_overlap(
                    f'the MAP {path}',
                    trained,
                    f'{name}_dataloader',
                    parts[name],
                    'train the MAP again with the same split_file',
                )

    @staticmethod
    def _refuse_overlap(
        first_name: str,
        first: set[str],
        second_name: str,
        second: set[str],
        remedy: str,
    ) -> None:
        common = first & second
        if common:
            raise InputError(
                f'{first_name} and {second_name} share {len(common)} images, '
                f'such as {min(common)}; {remedy}'
            )
