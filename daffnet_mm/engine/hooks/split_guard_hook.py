from typing import Any, NamedTuple

from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import find_meta
from daffnet_mm.datasets.sample_infos import image_groups
from daffnet_mm.models.necks import MFE


class _Side(NamedTuple):
    """What lies on one side of a split, by name."""

    images: set[str]
    #: And whatever else is of one group with them. An image is of its own:
    #: crops name their field, which another dataset may hold whole.
    groups: set[str]

    @classmethod
    def of(cls, dataset: BaseDataset) -> '_Side':
        """List the images and groups of a dataset."""
        groups = image_groups(dataset)
        return cls({*groups}, {*groups, *groups.values()})


@HOOKS.register_module()
class SplitGuardHook(Hook):
    """Refuse a run that trains on what it validates or tests on.

    Training, validation and test part must not share an image, nor a group:
    crops of one field and copies of one source are as good as the image
    itself. That includes the images on which the MAP inside :class:`MFE` was
    trained: every checkpoint of a guarded run lists its training images in
    ``meta['train_images']``, and in ``meta['train_groups']`` those of their
    groups that do not go by an image's own name.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare the lists.

        Raises:
            InputError: If two parts share an image or a group.
        """
        train = _Side.of(runner.train_dataloader.dataset)
        self._train_images = sorted(train.images)
        self._train_groups = sorted(train.groups - train.images)
        parts = {'train': train}
        if runner.val_loop is not None:
            parts['val'] = _Side.of(runner.val_dataloader.dataset)
        if runner.test_loop is not None:
            parts['test'] = _Side.of(runner.test_dataloader.dataset)
        names = list(parts)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                self._refuse_overlap(
                    f'{first}_dataloader',
                    parts[first],
                    f'{second}_dataloader',
                    parts[second],
                    'give the datasets the same split_file and different '
                    'splits; one that parts groups has to be drawn again',
                )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if isinstance(getattr(model, 'neck', None), MFE):
            self._check_predictor(runner, model.neck, parts)

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """List the training images and their groups in a checkpoint."""
        checkpoint['meta']['train_images'] = self._train_images
        checkpoint['meta']['train_groups'] = self._train_groups

    def _check_predictor(
        self, runner: Runner, neck: MFE, parts: dict[str, _Side]
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
        images = set(meta['train_images'])
        trained = _Side(images, images.union(meta.get('train_groups') or ()))
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
        first: _Side,
        second_name: str,
        second: _Side,
        remedy: str,
    ) -> None:
        images = first.images & second.images
        groups = first.groups & second.groups
        if images:
            shared = f'{len(images)} images, such as {min(images)}'
        elif groups:
            shared = (
                f'{len(groups)} groups (copies or crops of one image), such '
                f'as {min(groups)}'
            )
        else:
            return
        raise InputError(
            f'{first_name} and {second_name} share {shared}; {remedy}'
        )
