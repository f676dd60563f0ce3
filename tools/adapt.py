"""Teach a trained model another laboratory's cells, from a few of each type.

Usage:
    python tools/adapt.py CONFIG CKPT --labelled FOLDER --out FILE
        [--profile auto|none|FILE] [--device DEVICE]
        [--cfg-options KEY=VALUE ...]

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

Exit status: 1 if an image cannot be read, which is named and left out; 2 for
bad input; else 0.
"""

from mmengine.runner import CheckpointLoader

from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.adaptation import adapt, save_adapted
from daffnet_mm.checkpoints import find_meta
from daffnet_mm.utils.config_files import load_config


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_argument(
        '--labelled',
        required=True,
        metavar='FOLDER',
        help='labelled cells, a folder a type',
    )
    parser.add_output('--out', 'checkpoint to write', required=True)
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
        inferencer = WBCInferencer(
            load_config(args.config, args.cfg_options),
            args.checkpoint,
            device=args.device,
            profile=args.profile,
        )
        meta = find_meta(
            CheckpointLoader.load_checkpoint(args.checkpoint, 'cpu'),
            args.checkpoint,
        )
        found = adapt(inferencer, args.labelled)
        save_adapted(inferencer, found, meta, args.labelled, args.out)
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
