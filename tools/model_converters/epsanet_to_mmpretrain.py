"""Convert a checkpoint of the public EPSANet code for MMPretrain.

Usage:
    python tools/model_converters/epsanet_to_mmpretrain.py SRC DST

SRC is an EPSANet-50 or -101, DST becomes the state dict of an
``ImageClassifier`` with the backbone ``EPSAResNet`` and the head
``LinearClsHead``. To use the backbone only, give it
``init_cfg=dict(type='Pretrained', checkpoint=DST, prefix='backbone.')``.

The public code concatenates the branches of the pyramid squeeze attention from
the largest kernel to the smallest, ``PSA`` from the smallest to the largest.
So the layers that follow, a batch norm and a 1x1 convolution, get their
channels in another order.
"""

import re
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor

from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.checkpoints import (
    check_finite,
    find_state_dict,
    load_from_local,
    save_checkpoint,
)
from daffnet_mm.models.backbones import EPSAResNet

NUM_BRANCHES = 4


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('src', type=Path, help='the public checkpoint')
    parser.add_output('dst', 'file to write')
    return parser


def find_depth(state_dict: dict) -> int:
    """Tell the depth from the number of blocks in the third stage."""
    blocks = {
        name.split('.')[1] for name in state_dict if name.startswith('layer3.')
    }
    depths = {6: 50, 23: 101}
    if len(blocks) not in depths:
        raise InputError(
            'it is no EPSANet-50 or -101: the third stage (layer3) has '
            f'{len(blocks)} blocks, not 6 or 23.'
        )
    return depths[len(blocks)]


def reverse_branches(value: Tensor, dim: int) -> Tensor:
    """Put the channels of the branches into the opposite branch order."""
    return torch.cat(value.chunk(NUM_BRANCHES, dim)[::-1], dim)


def convert(state_dict: dict) -> OrderedDict:
    """Convert the state dict of a public EPSANet.

    Args:
        state_dict (dict): The public code's tensors by name.

    Returns:
        OrderedDict: The same, for an ``ImageClassifier`` of an
        ``EPSAResNet`` and a ``LinearClsHead``.

    Raises:
        InputError: If tensors are missing, unknown or of another shape.
    """
    converted = OrderedDict()
    for name, value in state_dict.items():
        if re.fullmatch(r'layer\d\.\d+\.bn2\.(weight|bias|running_.*)', name):
            value = reverse_branches(value, 0)
        elif re.fullmatch(r'layer\d\.\d+\.conv3\.weight', name):
            value = reverse_branches(value, 1)
        branch = re.fullmatch(
            r'(layer\d\.\d+\.conv2)\.conv_(\d)\.weight', name
        )
        if branch:
            name = f'{branch[1]}.branches.{int(branch[2]) - 1}.weight'
        name = f'head.{name}' if name.startswith('fc.') else f'backbone.{name}'
        converted[name] = value.clone()

    backbone = EPSAResNet(find_depth(state_dict))
    expected = {
        f'backbone.{name}': tuple(value.shape)
        for name, value in backbone.state_dict().items()
    }
    classes = len(state_dict.get('fc.bias', [0] * 1000))
    expected['head.fc.weight'] = (classes, backbone.feat_dim)
    expected['head.fc.bias'] = (classes,)
    shapes = {name: tuple(value.shape) for name, value in converted.items()}
    optional = 'num_batches_tracked'  # not in the oldest checkpoints
    for fault, names in dict(
        missing=expected.keys() - shapes.keys(),
        unknown=shapes.keys() - expected.keys(),
        misshapen=[
            name
            for name in shapes.keys() & expected.keys()
            if shapes[name] != expected[name]
        ],
    ).items():
        names = sorted(name for name in names if not name.endswith(optional))
        if names:
            raise InputError(
                f'it is no EPSANet-{backbone.depth} of the public code: '
                f'{len(names)} tensors are {fault}, the first is '
                f"{names[0]} (in this tool's output naming)."
            )
    return converted


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        source = str(args.src)
        state_dict = find_state_dict(load_from_local(source, 'cpu'), source)
        for name, value in state_dict.items():
            check_finite(name, value, source)
        try:
            converted = convert(state_dict)
        except InputError as error:
            raise InputError(
                f'{args.src} was not converted: {error}'
            ) from error
        meta = dict(
            architecture=f'EPSAResNet-{find_depth(state_dict)}',
            source=args.src.name,
        )
        save_checkpoint(args.dst, dict(meta=meta, state_dict=converted))
    print(
        f'wrote {args.dst}: {meta["architecture"]}, {len(converted)} tensors'
    )
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
