"""Where a model looks, drawn for each image."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.dataset import Compose, pseudo_collate
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.names import file_stems
from daffnet_lite.utils.rounding import rounded_down
from daffnet_mm.utils.dataset_configs import pipeline_of_test
from daffnet_mm.visualization import (
    GradCAMExplainer,
    OcclusionExplainer,
    decides_by_attributes,
    plot_explanations,
    save_figure,
    weigh_attributes,
)
from daffnet_mm.visualization.grad_cam import CELL_TYPE

from .trained_model import find_infinite


def build_pipeline(cfg: Config) -> Compose:
    """Build the test pipeline, with a loader of image files."""
    steps = pipeline_of_test(cfg)
    loads_files = steps[0]['type'] in ('LoadCellImage', 'LoadImageFromFile')
    loader = steps[0] if loads_files else dict(type='LoadCellImage')
    return Compose([TRANSFORMS.build(t) for t in (loader, *steps[1:])])


class Explanation:
    """What a model says of one image, and why.

    Args:
        explainer (Explainer): Makes the maps.
        images (Tensor): The normalised image, shape (1, 3, H, W).
        name (str): Its file.
        classes (Sequence[str], optional): Names of the cell types.

    Raises:
        InputError: If a probability is not finite.
    """

    def __init__(
        self,
        explainer: GradCAMExplainer | OcclusionExplainer,
        images: torch.Tensor,
        name: str,
        classes: tuple[str, ...] | None,
    ) -> None:
        self.explainer = explainer
        self.images = images
        with torch.no_grad():
            (sample,) = explainer.logits.model(images, mode='predict')
        if error := find_infinite(sample, name):
            raise InputError(error)
        #: By target: its values, their probabilities, the likeliest's place.
        self.values: dict[str, tuple[str, ...]] = {}
        self.scores: dict[str, list[float]] = {}
        self.predicted: dict[str, int] = {}
        if 'pred_attributes' in sample:
            attributes = explainer.logits.attributes
            parts = sample.pred_attribute_scores.split(
                [len(values) for values in attributes.values()]
            )
            for (name, values), part, value in zip(
                attributes.items(),
                parts,
                sample.pred_attributes.tolist(),
                strict=True,
            ):
                self._add(name, values, part, value)
        if 'pred_score' in sample:
            number = len(sample.pred_score)
            names = classes or tuple(map(str, range(number)))
            self._add(
                CELL_TYPE, names, sample.pred_score, int(sample.pred_label)
            )

    def _add(
        self,
        name: str,
        values: Sequence[str],
        scores: torch.Tensor,
        predicted: int,
    ) -> None:
        self.values[name] = tuple(values)
        self.scores[name] = scores.tolist()
        self.predicted[name] = predicted

    def maps(self, wanted: list[str] | None, layers: list[str] | None) -> list:
        """Explain; gives headings and maps, target by target."""
        targets = []
        for name, value in self._targets(wanted):
            values = self.values[name]
            target = self.explainer.target(name, value, len(values))
            percent = rounded_down(100 * self.scores[name][value], 0)
            heading = f'{_readable(name)}:\n{values[value]} {percent} %'
            targets.append((heading, target))
        if isinstance(self.explainer, OcclusionExplainer):
            headings, all_targets = zip(*targets, strict=True)
            found = self.explainer.explain(self.images, all_targets)
            return list(zip(headings, found, strict=True))
        maps = []
        for heading, target in targets:
            for layer in layers or [
                self.explainer.last_layer(self.images, target)
            ]:
                (values_map,) = self.explainer.explain(
                    self.images, target, layer
                )
                several = layers and len(layers) > 1
                title = f'{heading}\n{layer}' if several else heading
                maps.append((title, values_map))
        return maps

    def evidence(
        self, wanted: list[str] | None
    ) -> list[tuple[str, dict[str, float]]]:
        """Weigh the attributes of each cell type that is asked for.

        Gives headings, and log-odds by attribute and value; nothing of a
        model that does not decide by attributes.
        """
        model = self.explainer.logits.model
        found: list[tuple[str, dict[str, float]]] = []
        for name, value in self._targets(wanted):
            if name != CELL_TYPE or not decides_by_attributes(model):
                continue
            attributes, alone = weigh_attributes(model, self.images, value)
            classes = self.values[CELL_TYPE]
            heading = f'what speaks for {classes[value]}, by attribute'
            if alone:
                said = {
                    part: f'{classes[int(scores.argmax())]} '
                    f'{rounded_down(100 * scores.max().item(), 0)} %'
                    for part, scores in alone.items()
                }
                heading += (
                    f'\nthe attributes alone: {said["morphological"]}'
                    f'\nthe image without them: {said["deep"]}'
                )
            bars = {}
            for attribute, lost in attributes.items():
                predicted = self.predicted[attribute]
                shown = self.values[attribute][predicted]
                bars[f'{_readable(attribute)}: {shown}'] = lost
            found.append((heading, bars))
        return found

    def _targets(self, wanted: list[str] | None) -> list[tuple[str, int]]:
        """Find what is asked for, and the place of its value."""
        targets = []
        for text in wanted or self.values:
            name, _, asked = text.partition('=')
            if name not in self.values:
                raise InputError(
                    f'the model predicts no {name}; it predicts '
                    f'{", ".join(self.values)}'
                )
            values = self.values[name]
            if asked and asked not in values:
                raise InputError(
                    f'{name} has no value {asked!r}; its values '
                    f'are {", ".join(values)}'
                )
            value = values.index(asked) if asked else self.predicted[name]
            targets.append((name, value))
        return targets


def _readable(name: str) -> str:
    return name.replace('_', ' ')


def explain_images(
    explainer: GradCAMExplainer | OcclusionExplainer,
    pipeline: Compose,
    images: list[str],
    classes: tuple[str, ...] | None,
    errors: list[str],
    targets: list[str] | None,
    layers: list[str] | None,
    out_dir: str | PathLike[str],
) -> int:
    """Draw a figure for each image; gives the number of those.

    Args:
        explainer (Explainer): Makes the maps.
        pipeline (Compose): Loads an image.
        images (list[str]): The files.
        classes (tuple[str, ...], optional): Names of the cell types.
        errors (list[str]): A sentence on each other image is added.
        targets (list[str], optional): Attributes or ``cell_type``, with
            ``=VALUE`` for another than the predicted value. None: all that
            the model predicts.
        layers (list[str], optional): Layers of the model. None: the last one
            with positions.
        out_dir (str | Path): The folder for the figures.

    Raises:
        InputError: If there is no such target, value or layer.
    """
    read = 0
    model: Any = explainer.logits.model
    # Several layers stand side by side, in a row for each target.
    columns = len(layers) if layers and len(layers) > 1 else 4
    for image, stem in zip(images, file_stems(images), strict=True):
        try:
            batch = pseudo_collate([pipeline(dict(img_path=image))])
            seen = batch['inputs'][0]
            inputs = model.data_preprocessor(batch, False)['inputs']
            explanation = Explanation(explainer, inputs, image, classes)
        except InputError as error:
            errors.append(str(error))
            continue
        read += 1
        maps = explanation.maps(targets, layers)
        figure = plot_explanations(
            # OpenMMLab's images are BGR
            seen.permute(1, 2, 0).numpy()[..., ::-1],
            maps,
            columns,
            explanation.evidence(targets),
        )
        path = Path(out_dir, f'{stem}.png')
        save_figure(figure, path, dpi=120)
        print(f'wrote {path}')
    return read
