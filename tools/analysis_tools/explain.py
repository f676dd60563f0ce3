"""Show where a model looks: Grad-CAM for attributes and cell types.

Usage:
    python tools/analysis_tools/explain.py CONFIG CKPT IMAGE|FOLDER|GLOB [...]
        [--targets NAME[=VALUE] ...] [--layers NAME ...] [--method METHOD]
        [--out-dir DIR] [--device DEVICE] [--cfg-options KEY=VALUE ...]

Works for MAPs, DAFFNets and any other classifier of MMPretrain's kind. A
target is an attribute or ``cell_type``; by default all that the model
predicts. Explained is the predicted value, or the one behind the equals sign
(``--targets granule_type=coarse``). A layer is one of the model's
(``--layers backbone.layer3 backbone.layer4``), by default the last one with
positions. One figure an image is written, with a panel for each target and
layer; an image that cannot be read is named, and makes the exit status 1.
Needs pytorch-grad-cam: ``pip install --no-deps grad-cam ttach``.
"""

import argparse
import sys
import warnings
from pathlib import Path

import torch
from mmcv.transforms import Compose
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import TRANSFORMS

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.fileio.names import file_stems
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.trained_model import (
    class_names,
    find_infinite,
    load_trained,
)
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.visualization import (
    GradCAMExplainer,
    plot_explanations,
    save_figure,
)
from daffnet_mm.visualization.grad_cam import CELL_TYPE, METHODS


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_argument(
        'images',
        nargs='+',
        metavar='IMAGE|FOLDER|GLOB',
        help='images, folders of images, or patterns such as "cells/*.png"',
    )
    parser.add_argument(
        '--targets',
        nargs='+',
        metavar='NAME[=VALUE]',
        help='attributes or cell_type, and what to explain instead of the '
        'predicted value (default: all that the model predicts)',
    )
    parser.add_argument(
        '--layers',
        nargs='+',
        help='layers of the model (default: the last one with positions)',
    )
    parser.add_argument(
        '--method',
        default='gradcam',
        help=f'one of {", ".join(METHODS)} (default: %(default)s)',
    )
    parser.add_out_dir('work_dirs/explanations', 'folder for the figures')
    parser.add_device()
    return parser


def build_pipeline(cfg: Config) -> Compose:
    """Build the test pipeline, with a loader of image files."""
    steps = cfg.test_dataloader.dataset.pipeline
    loads_files = steps[0]['type'] in ('LoadCellImage', 'LoadImageFromFile')
    loader = steps[0] if loads_files else dict(type='LoadCellImage')
    return Compose([TRANSFORMS.build(t) for t in (loader, *steps[1:])])


class Explanation:
    """What a model says of one image, and why.

    Args:
        explainer (GradCAMExplainer): Makes the maps.
        images (Tensor): The normalised image, shape (1, 3, H, W).
        name (str): Its file.
        classes (Sequence[str], optional): Names of the cell types.

    Raises:
        InputError: If a probability is not finite.
    """

    def __init__(
        self,
        explainer: GradCAMExplainer,
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
        self.values, self.scores, self.predicted = {}, {}, {}
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

    def _add(self, name, values, scores, predicted) -> None:
        self.values[name] = tuple(values)
        self.scores[name] = scores.tolist()
        self.predicted[name] = predicted

    def maps(self, wanted: list[str] | None, layers: list[str] | None) -> list:
        """Explain; gives headings and maps, target by target."""
        maps = []
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
            target = self.explainer.target(name, value, len(values))
            share = 100 * self.scores[name][value]
            for layer in layers or [
                self.explainer.last_layer(self.images, target)
            ]:
                heading = (
                    f'{name.replace("_", " ")}:\n{values[value]} {share:.0f} %'
                )
                if layers and len(layers) > 1:
                    heading += f'\n{layer}'
                (values_map,) = self.explainer.explain(
                    self.images, target, layer
                )
                maps.append((heading, values_map))
        return maps


def explain_images(
    explainer: GradCAMExplainer,
    pipeline: Compose,
    images: list[str],
    classes: tuple[str, ...] | None,
    errors: list[str],
    args: argparse.Namespace,
) -> int:
    """Draw a figure for each image; gives the number of those.

    Args:
        explainer (GradCAMExplainer): Makes the maps.
        pipeline (Compose): Loads an image.
        images (list[str]): The files.
        classes (tuple[str, ...], optional): Names of the cell types.
        errors (list[str]): A sentence on each other image is added.
        args (Namespace): The options.
    """
    read = 0
    model = explainer.logits.model
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
        maps = explanation.maps(args.targets, args.layers)
        figure = plot_explanations(
            # OpenMMLab's images are BGR
            seen.permute(1, 2, 0).numpy()[..., ::-1],
            maps,
            columns=len(args.layers) if len(args.layers or ()) > 1 else 4,
        )
        path = Path(args.out_dir, f'{stem}.png')
        save_figure(figure, path, dpi=120)
        print(f'wrote {path}')
    return read


def main(argv: list[str] | None = None) -> int:
    """Run the tool; gives 1 if an image cannot be read, else 0."""
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        cfg = load_config(args.config, args.cfg_options)
        model, meta = load_trained(cfg, args.checkpoint, args.device)
        explainer = GradCAMExplainer(model, args.method)
        classes = None
        if getattr(model.head, 'num_classes', None):
            classes = class_names(model, cfg, meta, args.checkpoint)
        pipeline = build_pipeline(cfg)
        listing = find_images(args.images)
        images, errors = listing.images, listing.faults
        for sentence in describe_left_out(listing.left_out):
            warnings.warn(sentence, InputWarning, stacklevel=1)
        with claim_folder(args.out_dir):
            read = explain_images(
                explainer, pipeline, images, classes, errors, args
            )
        for sentence in errors:
            print(f'error: {sentence}', file=sys.stderr)
        if not read:
            raise InputError(
                f'none of the {len(images)} images can be explained'
            )
    return 1 if errors else 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
