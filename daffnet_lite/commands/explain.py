"""Show where a model looks, for attributes and cell types.

Usage:
    daffnet explain IMAGE|FOLDER|GLOB [...]
        [--targets NAME[=VALUE] ...] [--layers NAME ...] [--method METHOD]
        [--config CONFIG --checkpoint CKPT] [--out-dir DIR]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

The model is the one that comes with the package, unless another is named: it
works for MAPs, DAFFNets and any other classifier of MMPretrain's kind. A
target is an attribute or ``cell_type``; by default all that the model
predicts. Each image is looked at by itself, without a profile of the
laboratory. Explained is the predicted value, or the one behind the equals sign
(``--targets granule_type=coarse``). Places of the image are blurred in turn:
what speaks for a value is what its log-odds lose. Grad-CAM looks into a layer
instead (``--method gradcam``, or ``--layers backbone.layer3
backbone.layer4``); on images of 96 px its maps need not lie on the cell. One
figure an image is written, with a panel for each target and layer; below them
stands of a DAFFNet's cell type what each attribute speaks for it: what the
type's log-odds lose where the attribute is not known. An image that cannot be
read is named, and makes the exit status 1. Grad-CAM needs pytorch-grad-cam:
``pip install --no-deps grad-cam ttach``.
"""

import sys
import warnings
from collections.abc import Sequence

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.structures.cam_methods import CAM_METHODS
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors

#: The method that asks no layer.
OCCLUSION = 'occlusion'


def build_parser(shipped: bool = True) -> ToolParser:
    """Describe the command line.

    Args:
        shipped (bool): Whether the model is the one that comes with the
            package unless another is named. Defaults to True; else CONFIG and
            CKPT stand first.
    """
    parser = ToolParser(__doc__, prog='daffnet explain' if shipped else None)
    parser.add_model(shipped)
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
        help='layers of the model, for Grad-CAM (default: the last one with '
        'positions)',
    )
    parser.add_argument(
        '--method',
        help=f'one of {OCCLUSION}, {", ".join(CAM_METHODS)} (default: '
        f'{OCCLUSION}; where layers are named, gradcam)',
    )
    parser.add_out_dir('work_dirs/explanations', 'folder for the figures')
    parser.add_device()
    return parser


def main(
    argv: Sequence[str] | None = None, parser: ToolParser | None = None
) -> int:
    """Run the command.

    Args:
        argv (Sequence[str], optional): Its words. Defaults to None: those of
            this process.
        parser (ToolParser, optional): What reads them. Defaults to None: that
            of :func:`build_parser`.

    Returns:
        int: 1 if an image cannot be read, else 0.
    """
    args = (parser or build_parser()).parse_checked(argv)
    from daffnet_mm.apis.explanation import build_pipeline, explain_images
    from daffnet_mm.apis.trained_model import class_names, load_trained
    from daffnet_mm.utils.config_files import load_config
    from daffnet_mm.visualization import GradCAMExplainer, OcclusionExplainer

    with one_sentence_errors():
        cfg = load_config(args.config, args.cfg_options)
        model, meta = load_trained(cfg, args.checkpoint, args.device)
        method = args.method or ('gradcam' if args.layers else OCCLUSION)
        if method == OCCLUSION and args.layers:
            raise InputError(
                f'--method {OCCLUSION} hides places of the image, and looks '
                'into no layer: leave --layers out, or name another method'
            )
        explainer: GradCAMExplainer | OcclusionExplainer
        if method == OCCLUSION:
            explainer = OcclusionExplainer(model)
        else:
            explainer = GradCAMExplainer(model, method)
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
                explainer,
                pipeline,
                images,
                classes,
                errors,
                args.targets,
                args.layers,
                args.out_dir,
            )
        for sentence in errors:
            print(f'error: {sentence}', file=sys.stderr)
        if not read:
            raise InputError(
                f'none of the {len(images)} images can be explained'
            )
    return 1 if errors else 0
