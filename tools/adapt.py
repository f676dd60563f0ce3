"""Teach a trained model another laboratory's cells, from a few of each type.

Usage:
    python tools/adapt.py FOLDER --out FILE
        [--config CONFIG --checkpoint CKPT] [--profile auto|none|FILE]
        [--device DEVICE]

FOLDER holds a folder for each cell type, with at least 5 labelled cells in
each; ten bring more, and cells of several slides more than those of one. It
takes seconds. None of home's cells are needed, and what the model says of
attributes stays as it is, everywhere: only the layer that gives the cell types
is fitted anew.

FILE is a checkpoint for the same config, whose ``meta['adaptation']`` says
what was done. Printed is how many of the cells the model had right before, and
how many it has where each is predicted by what the others teach, as balanced
accuracies; new slides may do worse. How much a number of cells brings:
tools/analysis_tools/evaluate_adaptation.py.

The model is the one that comes with the package, or that of --config and
--checkpoint.

Exit status: 1 if an image cannot be read, which is named and left out; 2 for
bad input; else 0.
"""

from mmengine.runner import CheckpointLoader

from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.adaptation import adapt, save_adapted
from daffnet_mm.apis.shipped_model import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)
from daffnet_mm.checkpoints import find_meta
from daffnet_mm.errors import InputError
from daffnet_mm.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('folder', help='labelled cells, a folder a type')
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_argument(
        '--config', help="config of the model (default: the package's)"
    )
    parser.add_argument('--checkpoint', help='its checkpoint')
    parser.add_argument(
        '--profile',
        default='auto',
        metavar='auto|none|FILE',
        help="the laboratory's scale and colours, as for daffnet_mm.predict "
        '(default: %(default)s)',
    )
    parser.add_device()
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status:
        if (args.config is None) != (args.checkpoint is None):
            raise InputError(
                'give --config and --checkpoint together, or neither for the '
                'model that comes with the package'
            )
        config = args.config or shipped_file(SHIPPED_CONFIG)
        checkpoint = args.checkpoint or shipped_file(SHIPPED_WEIGHTS)
        inferencer = WBCInferencer(
            config, checkpoint, device=args.device, profile=args.profile
        )
        meta = find_meta(
            CheckpointLoader.load_checkpoint(checkpoint, 'cpu'), checkpoint
        )
        found = adapt(inferencer, args.folder)
        save_adapted(inferencer, found, meta, args.folder, args.out)
    for remark in found.remarks:
        print(remark)
    cells = ', '.join(f'{n} of {name}' for name, n in found.cells.items())
    print(f'learned from {sum(found.cells.values())} cells: {cells}')
    print(
        f'balanced accuracy on them: {found.before:.1f} % before, '
        f'{found.after:.1f} % where each is predicted by what others taught'
    )
    print(f'wrote {args.out}')
    if inferencer.errors:
        status.code = 1
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
