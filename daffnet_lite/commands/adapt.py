"""Teach a trained model another laboratory's cells, from a few of each type.

Usage:
    daffnet adapt --labelled FOLDER --out FILE
        [--profile auto|none|FILE] [--config CONFIG --checkpoint CKPT]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

FOLDER holds a folder for each cell type, with at least 5 labelled cells in
each; ten bring more, and cells of several slides more than those of one. So
many take seconds. None of home's cells are needed, and what the model says of
attributes stays as it is, everywhere: only what gives the cell types is fitted
anew. A type that has no folder stays, and is claimed less where it was claimed
of the cells of others.

FILE is a checkpoint for the same config, whose ``meta['adaptation']`` says
what was done. Printed is how many of the cells the model had right before, and
how many it has where each is predicted by what the others teach, as balanced
accuracies; new slides may do worse. How much a number of cells brings:
tools/analysis_tools/evaluate_adaptation.py.

Exit status: 1 if an image cannot be read, which is named and left out; 2 for
bad input; else 0.
"""

from collections.abc import Sequence

from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors
from daffnet_lite.utils.rounding import rounded_down


def build_parser(shipped: bool = True) -> ToolParser:
    """Describe the command line.

    Args:
        shipped (bool): Whether the model is the one that comes with the
            package unless another is named. Defaults to True; else CONFIG and
            CKPT stand first.
    """
    parser = ToolParser(__doc__, prog='daffnet adapt' if shipped else None)
    parser.add_model(shipped)
    parser.add_argument(
        '--labelled',
        required=True,
        metavar='FOLDER',
        help='labelled cells, a folder a type',
    )
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_profile()
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
    from daffnet_mm.apis import WBCInferencer
    from daffnet_mm.apis.adaptation import adapt, save_adapted
    from daffnet_mm.checkpoints import find_meta
    from daffnet_mm.utils.config_files import load_config

    # After daffnet_mm, which says in one sentence if it is missing.
    from mmengine.runner import CheckpointLoader  # isort: skip

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
        f'balanced accuracy on them: {rounded_down(found.before, 1)} % '
        f'before, {rounded_down(found.after, 1)} % where each is predicted by '
        'what others taught'
    )
    print(f'wrote {args.out}')
    if inferencer.errors:
        status.code = 1
    return status.code
