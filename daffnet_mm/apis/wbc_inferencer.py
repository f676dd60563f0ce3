from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from os import PathLike

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate
from mmengine.model import BaseModel
from mmpretrain.apis import ImageClassificationInferencer, get_model
from mmpretrain.datasets import remove_transform
from mmpretrain.registry import TRANSFORMS
from mmpretrain.structures import DataSample

from daffnet_mm.checkpoints import load_weights
from daffnet_mm.errors import InputError
from daffnet_mm.models.tta import SymmetryTTAModel
from daffnet_mm.structures import WBC_ATTRIBUTES

from .shipped_model import SHIPPED_CONFIG, SHIPPED_WEIGHTS, shipped_file
from .trained_model import class_names, find_infinite

#: Threads that read images while the model computes.
READERS = 2


class WBCInferencer(ImageClassificationInferencer):
    """Tell the cell type and the eleven attributes of cell images.

    Args:
        model (BaseModel | str | Config, optional): A model, or the config of
            one. Defaults to None: the DAFFNet-tiny that comes with the
            package.
        pretrained (str, optional): The model's checkpoint; needed with a
            config. Defaults to None.
        device (str | torch.device, optional): The device. Defaults to None,
            the CPU.
        views (str, optional): Average over ``'flips'`` (4 views) or all
            ``'symmetries'`` (8) of each image, see
            :class:`SymmetryTTAModel`: so many times the computation, for
            little or nothing, as the model may be. Defaults to None, the
            image as it is.
        classes (Sequence[str], optional): Names of the cell types. Defaults
            to None: those of the checkpoint or, if it has none, the config.
        **kwargs: Settings of the model that override its config's.

    Raises:
        InputError: If a config comes without a checkpoint, the checkpoint
            does not fit it, or neither names the classes.

    Examples:
        >>> from daffnet_mm.apis import WBCInferencer
        >>> inferencer = WBCInferencer()
        >>> cell = inferencer('cell.jpg')[0]
        >>> cell['pred_class'], cell['attributes']['granule_type']
        ('neutrophil', {'value': 'small', 'probability': 0.98})
    """

    preprocess_kwargs = {'skip_broken'}
    visualize_kwargs = {
        'resize',
        'rescale_factor',
        'draw_score',
        'show',
        'show_dir',
        'wait_time',
    }

    def __init__(
        self,
        model: BaseModel | str | Config | None = None,
        pretrained: str | None = None,
        device: str | torch.device | None = None,
        views: str | None = None,
        classes: Sequence[str] | None = None,
        **kwargs,
    ) -> None:
        if model is None:
            model = shipped_file(SHIPPED_CONFIG)
            pretrained = pretrained or shipped_file(SHIPPED_WEIGHTS)
        elif not isinstance(model, BaseModel) and pretrained is None:
            raise InputError(
                f'the config {model} comes without a checkpoint, and random '
                'weights predict nothing: name one in pretrained'
            )
        built = (
            model
            if isinstance(model, BaseModel)
            else get_model(model, pretrained=False, **kwargs)
        )
        meta = dict(dataset_meta=getattr(built, '_dataset_meta', None))
        if pretrained is not None:
            meta = load_weights(built, pretrained)
        super().__init__(
            model=built,
            pretrained=None,
            device=device,
            classes=classes
            or class_names(built, built._config, meta, pretrained or 'model'),
        )
        self._averaged = None
        if views is not None:
            self._averaged = SymmetryTTAModel(self.model, views)
        #: Why an image of the last call has no result, by its place.
        self.errors: dict[int, str] = {}

    def __call__(
        self,
        inputs: str | np.ndarray | Sequence,
        return_datasamples: bool = False,
        batch_size: int = 32,
        **kwargs,
    ) -> list:
        """Predict.

        Args:
            inputs (str | np.ndarray | Sequence): A path, a BGR image of uint8
                and shape (H, W, 3), or several of these; or a folder.
            return_datasamples (bool): Return MMPretrain's ``DataSample``
                objects. Defaults to False.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): Go on after an image that cannot be read; its
                place in ``errors`` says why, and it has no result. By default
                the first one raises.
            **kwargs: What is drawn and shown, as for MMPretrain's
                ``ImageClassificationInferencer``.

        Returns:
            list[dict] | list[DataSample]: For each image ``image`` (its path,
            None for an array), ``pred_class``, ``pred_label``, ``pred_score``,
            ``pred_scores`` and, from a model that predicts them,
            ``attributes`` with the ``value`` and ``probability`` of each.

        Raises:
            InputError: If an image cannot be read.
        """
        return super().__call__(
            inputs, return_datasamples, batch_size=batch_size, **kwargs
        )

    def _init_pipeline(self, cfg: Config) -> Callable:
        pipeline = cfg.test_dataloader.dataset.pipeline
        load = TRANSFORMS.build(pipeline[0])
        rest = Compose(
            [
                TRANSFORMS.build(step)
                for step in remove_transform(pipeline, pipeline[0]['type'])
            ]
        )

        def read(image) -> dict:
            if isinstance(image, np.ndarray):
                return rest(
                    dict(
                        img=image,
                        img_shape=image.shape[:2],
                        ori_shape=image.shape[:2],
                    )
                )
            return rest(load(dict(img_path=str(image))))

        return read

    def preprocess(
        self, inputs: list, batch_size: int = 32, skip_broken: bool = False
    ) -> Iterator[dict]:
        """Read images, ahead of the model, and gather them in batches.

        Args:
            inputs (list): Paths or images.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): Leave out what cannot be read. Defaults to
                False.

        Yields:
            dict: A batch, as ``model.test_step`` takes it.
        """
        self.errors = {}
        readable = self._readable(inputs, skip_broken, 2 * batch_size)
        while batch := list(islice(readable, batch_size)):
            yield default_collate(batch)

    def _readable(
        self, inputs: list, skip_broken: bool, ahead: int
    ) -> Iterator[dict]:
        with ThreadPoolExecutor(READERS) as readers:
            waiting = iter(enumerate(inputs))
            # A window, so that a large folder does not fill the memory.
            reading = [
                (index, readers.submit(self.pipeline, image))
                for index, image in islice(waiting, ahead)
            ]
            while reading:
                index, result = reading.pop(0)
                reading += [
                    (later, readers.submit(self.pipeline, image))
                    for later, image in islice(waiting, 1)
                ]
                try:
                    data = result.result()
                except InputError as error:
                    if not skip_broken:
                        raise
                    self.errors[index] = str(error)
                else:
                    data['data_samples'].set_metainfo(
                        dict(place=index, skip_broken=skip_broken)
                    )
                    yield data

    @torch.no_grad()
    def forward(self, inputs: dict, **kwargs) -> list[DataSample]:
        """Predict a batch, over all views if there are several.

        What is no number is no answer: such an image counts as broken.
        """
        answered = []
        for sample in (self._averaged or self.model).test_step(inputs):
            error = find_infinite(sample, f'image {sample.place + 1}')
            if error is None:
                answered.append(sample)
            elif sample.skip_broken:
                self.errors[sample.place] = error
            else:
                raise InputError(error)
        return answered

    def visualize(
        self, ori_inputs: list, preds: list[DataSample], **kwargs
    ) -> list[np.ndarray] | None:
        """Draw the predicted cell types, as MMPretrain does."""
        readable = [
            str(image) if isinstance(image, PathLike) else image
            for index, image in enumerate(ori_inputs)
            if index not in self.errors
        ]
        return super().visualize(readable, preds, **kwargs)

    def postprocess(
        self,
        preds: list[DataSample],
        visualization: list[np.ndarray] | None,
        return_datasamples: bool = False,
    ) -> list:
        """Put the predictions into words.

        Args:
            preds (list[DataSample]): What the model predicted.
            visualization (list[np.ndarray], optional): What was drawn.
            return_datasamples (bool): Return the predictions as they are.
                Defaults to False.

        Returns:
            list[dict] | list[DataSample]: See :meth:`__call__`.
        """
        results = super().postprocess(preds, visualization, return_datasamples)
        if return_datasamples:
            return results
        for result, sample in zip(results, preds, strict=True):
            result['image'] = sample.get('img_path')
            if 'pred_attributes' in sample:
                result['attributes'] = self._attributes(sample)
        return results

    def _attributes(self, sample: DataSample) -> dict[str, dict]:
        layout = [len(values) for values in WBC_ATTRIBUTES.values()]
        scores = sample.pred_attribute_scores.split(layout)
        return {
            name: dict(value=values[index], probability=score[index].item())
            for (name, values), index, score in zip(
                WBC_ATTRIBUTES.items(),
                sample.pred_attributes.tolist(),
                scores,
                strict=True,
            )
        }
