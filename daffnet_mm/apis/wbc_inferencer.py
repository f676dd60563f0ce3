import os.path as osp
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from math import ceil
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine import fileio
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate
from mmengine.model import BaseModel
from mmpretrain.apis import ImageClassificationInferencer, get_model
from mmpretrain.registry import TRANSFORMS
from mmpretrain.structures import DataSample
from mmpretrain.utils import track as track_call
from mmpretrain.visualization import UniversalVisualizer
from PIL import Image
from rich.progress import track

from daffnet_lite.answers import CellResult
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fields import FieldResult, predict_field
from daffnet_lite.fileio.image_reading import name_of, read_image
from daffnet_lite.fileio.names import file_stems
from daffnet_lite.intake import (
    ImageIntake,
    IntakeReports,
    LaboratoryPipeline,
    describe_source,
    has_path,
)
from daffnet_lite.profiles import Profile, scale_temperature
from daffnet_lite.review import ReviewRule
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.checkpoints import load_weights
from daffnet_mm.models.tta import SymmetryTTAModel
from daffnet_mm.models.utils import LinearDecision, watch_decisions
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import pipeline_of_test

from .laboratories_of_checkpoint import laboratories_of_checkpoint
from .review_of_checkpoint import review_of_checkpoint
from .shipped_model import SHIPPED_CONFIG, SHIPPED_WEIGHTS, shipped_file
from .trained_model import building, class_names, find_infinite


class WBCInferencer(IntakeReports, ImageClassificationInferencer):
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
        bit_depth (int, optional): Bits that images of more than 8 bits use,
            see :class:`~daffnet_mm.datasets.LoadCellImage`. Defaults to None:
            as the model's config says, else 16.
        max_pixels (int, optional): The most pixels of an image. Defaults to
            None: as the config says, else 80 million.
        profile (str | Path | Profile, optional): The laboratory's profile,
            or the file with it, for a model whose test pipeline has an
            :class:`~daffnet_mm.datasets.ApplyProfile`. Defaults to
            ``'auto'``: each call with 30 images or more estimates one on some
            of them, and ``warnings`` say what it does. ``'none'`` or None:
            images are taken one by one.
        **kwargs: Settings of the model that override its config's.

    Raises:
        InputError: If a config comes without a checkpoint, the checkpoint
            does not fit it, or neither names the classes; if a profile is
            none, or the model takes none.

    Examples:
        >>> from daffnet_mm.apis import WBCInferencer
        >>> inferencer = WBCInferencer()
        >>> cell = inferencer('cell.jpg')[0]
        >>> cell['pred_class'], cell['attributes']['granule_type']
        ('neutrophil', {'value': 'small', 'probability': 0.9...})
    """

    visualizer: UniversalVisualizer | None
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
        bit_depth: int | None = None,
        max_pixels: int | None = None,
        profile: str | PathLike[str] | Profile | None = 'auto',
        **kwargs,
    ) -> None:
        self._reading: dict[str, Any] = dict(
            bit_depth=bit_depth, max_pixels=max_pixels
        )
        self._wanted_profile = profile
        if model is None:
            model = shipped_file(SHIPPED_CONFIG)
            pretrained = pretrained or shipped_file(SHIPPED_WEIGHTS)
        elif not isinstance(model, BaseModel) and pretrained is None:
            raise InputError(
                f'the config {model} comes without a checkpoint, and random '
                'weights predict nothing: name one in pretrained'
            )
        if has_path(model) and (osp.exists(model) or osp.splitext(model)[1]):
            # Any other text is a model's name in MMPretrain.
            model = load_config(model)
        if isinstance(model, Config) and 'test_dataloader' in model:
            pipeline_of_test(model)  # or it is refused
        built: Any = model
        if not isinstance(model, BaseModel):
            with (
                building(model) if isinstance(model, Config) else nullcontext()
            ):
                built = get_model(model, pretrained=False, **kwargs)
        meta = dict(dataset_meta=getattr(built, '_dataset_meta', None))
        if pretrained is not None:
            meta = load_weights(built, pretrained)
        self._laboratories = laboratories_of_checkpoint(
            meta, pretrained or 'model'
        )
        super().__init__(
            model=built,
            pretrained=None,
            device=device,
            classes=classes
            or class_names(built, built._config, meta, pretrained or 'model'),
        )
        self._review = review_of_checkpoint(
            self.model, meta, pretrained or 'model'
        )
        self._averaged = None
        if views is not None:
            self._averaged = SymmetryTTAModel(self.model, views)
        self._intake = self._take_in()

    def _take_in(self) -> ImageIntake:
        return ImageIntake(
            self._pipeline,
            self._reading,
            self._review.needs_views,
            self._download,
            _cropped_size(self._steps),
        )

    def forget_limits(self) -> None:
        """Go by nothing that was fitted to other probabilities than now.

        For a model that has learned meanwhile: it has no rule of review but
        the usual one, and is as sure in all laboratories.
        """
        self._review = ReviewRule.unfitted()
        self._laboratories = None
        self._pipeline = self._laboratory_pipeline()
        self._intake = self._take_in()

    def __call__(
        self,
        inputs: Any,
        return_datasamples: bool = False,
        batch_size: int = 32,
        channel_order: str = 'bgr',
        **kwargs,
    ) -> list:
        """Predict.

        Args:
            inputs: An image, or a list, tuple or generator of images. An
                image is a path (str or Path), the content of a file (bytes),
                an open file, a Pillow image, or an array of shape (H, W) or
                (H, W, C), grey, with colours, or with colours and alpha: of 8
                bits, of 16 (see ``bit_depth``), or floats of which 1 is
                white. A folder or a pattern (``'cells/*.png'``) stands for
                the images in it, as for the command line: also in its
                subfolders, sorted, without what is hidden or no image; an
                array of shape (N, H, W, C) for its N images. A generator is
                asked for images as they are needed; a profile is estimated on
                the first 100 of them. Of a tensor, give ``tensor.numpy()``
                with the channels last.
            return_datasamples (bool): Return MMPretrain's ``DataSample``
                objects. Defaults to False.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): Go on after an image that cannot be read; its
                place in ``errors`` says why, and it has no result. By default
                the first one raises.
            channel_order (str): Of arrays with colours: ``'bgr'``, as OpenCV
                and MMPretrain have them, or ``'rgb'``. Alpha comes last.
                Defaults to ``'bgr'``.
            **kwargs: What is drawn and shown, as for MMPretrain's
                ``ImageClassificationInferencer``; for that, the images of a
                generator are kept.

        Returns:
            list[CellResult] | list[DataSample]: For each image a dict that
            can show itself: ``image`` (its path, None for an array),
            ``pred_class``, ``pred_label``, ``pred_score``, ``pred_scores``
            and, from a model that predicts them,
            ``attributes`` with the ``value`` and ``probability`` of each. And
            ``review``: why one should look at it again, such as ``'blurred;
            unsure'``, empty where nothing speaks against it; and
            ``review_score``, above 0 for those with a reason, -1 for what was
            usual among the cells on which the limits were chosen.

        Raises:
            InputError: If an image cannot be read, or there is none.
        """
        self._check_batch_size(batch_size)
        reading, _, drawing, _ = self._dispatch_kwargs(**kwargs)
        images = self._inputs_to_list(inputs)
        if drawing.get('show') or drawing.get('show_dir') is not None:
            images = list(images)
        samples = [
            sample
            for batch in self._batches(
                images,
                batch_size,
                # Which `mmpretrain.utils.progress` can turn off.
                track_call,
                channel_order=channel_order,
                **reading,
            )
            for sample in self.forward(batch)
        ]
        drawn = self.visualize(
            images, samples, channel_order=channel_order, **drawing
        )
        results = self.postprocess(samples, drawn, return_datasamples)
        for sentence in self.warnings:
            warnings.warn(sentence, InputWarning, stacklevel=2)
        return results

    def stream(
        self,
        inputs: Any,
        batch_size: int = 32,
        skip_broken: bool = False,
        channel_order: str = 'bgr',
    ) -> Iterator[CellResult]:
        """Predict images without end, and keep nothing of them.

        Args:
            inputs: As for a call.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): As for a call. ``errors`` and ``warnings`` are
                complete when all is yielded.
            channel_order (str): As for a call. Defaults to ``'bgr'``.

        Yields:
            CellResult: As a call returns them, in the same order.

        Raises:
            InputError: If an image cannot be read, or there is none.
        """
        self._check_batch_size(batch_size)
        images = self._inputs_to_list(inputs)
        for batch in self._batches(
            images, batch_size, track, skip_broken, channel_order
        ):
            yield from self.postprocess(self.forward(batch), None)
        for sentence in self.warnings:
            warnings.warn(sentence, InputWarning, stacklevel=2)

    def predict_field(
        self,
        image: Any,
        boxes: Sequence | None = None,
        margin: float | None = None,
        batch_size: int = 32,
        channel_order: str = 'bgr',
    ) -> FieldResult:
        """Find the white cells of a field of a smear, and predict each.

        Args:
            image: The field, as an image of a call.
            boxes (Sequence, optional): The cells' boxes, x1, y1, x2, y2 in
                pixels, if a detector has found them, or what
                :func:`~daffnet_lite.boxes.read_boxes` reads of a field.
                Defaults to None: the cells are segmented.
            margin (float, optional): Space around a cell, as a share of its
                longer side. Defaults to None: as much as the images show that
                the model was trained on, where the laboratory's scale is
                known, by the profile or by 30 cells of this field; else 0.1.
            batch_size (int): Cells at once. Defaults to 32.
            channel_order (str): As for a call. Defaults to ``'bgr'``.

        Returns:
            FieldResult: ``cells``, each with ``box``, ``cell_type``,
            ``probability``, ``review`` and ``answer``, which is as of a call;
            and ``boxes`` and ``count``, the differential count. A field may
            have no cell.

        Raises:
            InputError: If the field cannot be read, or a box is none of it.

        Examples:
            >>> from daffnet_mm.apis import WBCInferencer
            >>> field = WBCInferencer().predict_field('field.jpg')
            >>> [(cell.box, cell.cell_type) for cell in field.cells]
            [((..., ..., ..., ...), 'neutrophil')]
        """
        self._check_batch_size(batch_size)
        content = self._download(image)
        result = predict_field(
            self,
            image if content is None else content,
            boxes,
            margin,
            batch_size,
            channel_order=channel_order,
        )
        return result if content is None else replace(result, field=image)

    @torch.no_grad()
    def features(
        self,
        inputs: Any,
        batch_size: int = 32,
        channel_order: str = 'bgr',
        decision: LinearDecision | None = None,
        views: str | None = None,
    ) -> tuple[np.ndarray, list[int]]:
        """Give what the model decides on.

        Args:
            inputs: As for a call. What cannot be read is left out; ``errors``
                say why.
            batch_size (int): Images at once. Defaults to 32.
            channel_order (str): As for a call. Defaults to ``'bgr'``.
            decision (LinearDecision, optional): The part of the model whose
                input is given. Defaults to None: its last layer.
            views (str, optional): ``'flips'`` or ``'symmetries'``: each image
                is also looked at so. Defaults to None: as for a call.

        Returns:
            tuple[np.ndarray, list[int]]: The features, float32 of shape (N,
            D), or (V, N, D) of V views, of which the first is the image as it
            is; and the places of their images among all.

        Raises:
            InputError: If no image can be read, or the model has no such
                layer.
        """
        self._check_batch_size(batch_size)
        images = self._inputs_to_list(inputs)
        model = self._averaged or self.model
        if views is not None:
            model = SymmetryTTAModel(self.model, views)
        found, places = [], []
        for batch in self.preprocess(images, batch_size, True, channel_order):
            with watch_decisions(self.model, decision) as features_of_batch:
                samples = model.test_step(batch)
                found.append(features_of_batch(views is not None).numpy())
            places += [sample.place for sample in samples]
        if not found:
            raise InputError(self.errors[0])
        return np.concatenate(found, axis=-2), places

    @staticmethod
    def _check_batch_size(batch_size: int) -> None:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise InputError(
                f'batch_size={batch_size!r} must be a whole number above 0'
            )

    def _inputs_to_list(self, inputs: Any) -> list | Iterator:
        """List the images of all that was given; of an iterator, lazily."""
        return self._intake.list_images(inputs)

    def _init_pipeline(self, cfg: Config) -> Callable:
        # The first step reads the data that the model was tested on.
        first, *rest = pipeline_of_test(cfg)
        # What the config says of reading, unless this call said otherwise.
        self._reading = dict(
            min_edge=first.get('min_edge'),
            **{
                name: first.get(name) if value is None else value
                for name, value in self._reading.items()
            },
        )
        self._steps = rest
        self._pipeline = self._laboratory_pipeline()
        return self._pipeline.usual.pipeline

    def _laboratory_pipeline(self) -> LaboratoryPipeline:
        return LaboratoryPipeline(
            self._steps,
            self._wanted_profile,
            TRANSFORMS.build,
            Compose,
            **self._reading,
            laboratories=self._laboratories,
        )

    @staticmethod
    def _download(image: Any) -> bytes | None:
        """Fetch what lies elsewhere; None of all else."""
        if not has_path(image) or '://' not in fspath(image):
            return None
        try:
            return fileio.get(fspath(image))
        # Of a scheme that nobody knows, or that needs a package, too.
        except (OSError, ValueError, KeyError, ImportError) as e:
            raise InputError(f'{name_of(image)} cannot be read ({e})') from e

    def _batches(
        self,
        images: list | Iterator,
        batch_size: int,
        show: Callable[..., Iterable[dict]],
        *args: Any,
        **kwargs,
    ) -> Iterator[dict]:
        """Do as :meth:`preprocess`, and show the progress."""
        total = None
        if isinstance(images, list):
            total = ceil(len(images) / batch_size)
        batches = self.preprocess(images, batch_size, *args, **kwargs)
        yield from show(batches, 'Inference', total=total)

    def preprocess(
        self,
        inputs: list | Iterator,
        batch_size: int = 32,
        skip_broken: bool = False,
        channel_order: str = 'bgr',
    ) -> Iterator[dict]:
        """Read images, ahead of the model, and gather them in batches.

        Args:
            inputs (list | Iterator): Paths or images.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): Leave out what cannot be read. Defaults to
                False.
            channel_order (str): As for a call. Defaults to ``'bgr'``.

        Yields:
            dict: A batch, as ``model.test_step`` takes it.
        """
        for batch in self._intake.batches(
            inputs, batch_size, skip_broken, channel_order
        ):
            for prepared in batch:
                prepared.data['data_samples'].set_metainfo(
                    dict(
                        place=prepared.place,
                        name=prepared.name,
                        view=prepared.view,
                        skip_broken=skip_broken,
                    )
                )
            yield default_collate([prepared.data for prepared in batch])

    @torch.no_grad()
    def forward(self, inputs: dict, **kwargs) -> list[DataSample]:
        """Predict a batch, over all views if there are several.

        What is no number is no answer: such an image counts as broken.
        """
        answered = []
        for sample in self._predict(inputs):
            error = find_infinite(sample, sample.name)
            if error is None:
                answered.append(sample)
            elif sample.skip_broken:
                self.errors[sample.place] = error
            else:
                raise InputError(error)
        return answered

    def _predict(self, inputs: dict) -> list[DataSample]:
        """Predict a batch, and say of which answers to think twice."""
        model = self._averaged or self.model
        features = None
        if self._review.open_set is None:
            samples = model.test_step(inputs)
        else:
            with watch_decisions(self.model) as features_of_batch:
                samples = model.test_step(inputs)
                features = features_of_batch().numpy()
        views = None
        if self._review.needs_views:
            views = [sample.view for sample in samples]
        scores = torch.stack([sample.pred_score for sample in samples])
        verdicts = self._review.judge(
            views, scores.amax(1).cpu().numpy(), features
        )
        # Limits were chosen on probabilities as they are.
        tempered = scale_temperature(
            scores.cpu().numpy(), self._intake.reports.temperature
        )
        for sample, verdict, score in zip(
            samples, verdicts, scores.new_tensor(tempered), strict=True
        ):
            sample.review, sample.review_score = verdict
            sample.pred_score = score
        return samples

    def visualize(
        self,
        ori_inputs: Any,
        preds: list[DataSample],
        show: bool = False,
        show_dir: str | Path | None = None,
        channel_order: str = 'bgr',
        **kwargs,
    ) -> list[np.ndarray] | None:
        """Draw the predicted cell types, as MMPretrain does.

        Figures in ``show_dir`` are named after the images, each by a name of
        its own.
        """
        if not show and show_dir is None:
            return None
        images = {
            index: image
            for index, image in enumerate(ori_inputs)
            if index not in self.errors
        }
        if self.visualizer is None:
            self.visualizer = UniversalVisualizer()
        # Of images without a name, their place, as in MMPretrain.
        stems = file_stems(
            fspath(image) if has_path(image) else str(index)
            for index, image in images.items()
        )
        reading = dict(
            self._reading, min_edge=None, channel_order=channel_order
        )
        drawn = []
        for (index, image), sample, stem in zip(
            images.items(), preds, stems, strict=True
        ):
            content = self._download(image)
            if hasattr(image, 'seek') and not isinstance(image, Image.Image):
                image.seek(0)
            self.visualizer.visualize_cls(
                read_image(
                    image if content is None else content,
                    **reading,
                    name=describe_source(image, index),
                ).img[..., ::-1],
                sample,
                classes=self.classes,
                draw_gt=False,
                name=stem,
                out_file=show_dir and str(Path(show_dir, f'{stem}.png')),
                show=show,
                **kwargs,
            )
            drawn.append(self.visualizer.get_image())
        if show:
            self.visualizer.close()
        return drawn

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
            list[CellResult] | list[DataSample]: See :meth:`__call__`.
        """
        results = super().postprocess(preds, visualization, return_datasamples)
        if return_datasamples:
            return results
        for result, sample in zip(results, preds, strict=True):
            result['image'] = sample.get('img_path')
            result['review'] = sample.review
            result['review_score'] = sample.review_score
            if 'pred_attributes' in sample:
                result['attributes'] = self._attributes(sample)
        return [
            CellResult(result, self.classes, self.reading)
            for result in results
        ]

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


def _cropped_size(steps: Sequence[dict]) -> tuple[int, int] | None:
    """Height and width that the last step crops to; None if it does not."""
    sizing = [step for step in steps if step['type'] != 'PackInputs']
    if not sizing or sizing[-1]['type'] != 'CenterCrop':
        return None
    size = sizing[-1]['crop_size']
    if isinstance(size, int):
        return size, size
    width, height = size
    return height, width
