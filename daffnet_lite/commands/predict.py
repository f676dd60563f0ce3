"""Tell the cell type and the eleven attributes of cell images.

Usage:
    daffnet predict IMAGE|FOLDER|GLOB [...]
        [--format table|json|csv] [--out FILE]
        [--views flips|symmetries] [--profile auto|none|FILE]
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--bit-depth N] [--max-pixels N] [--batch-size N] [--device DEVICE]
        [--onnx FILE] [--report FILE]

With no other argument the model is the DAFFNet-tiny that comes with the
package. A folder, or several images, also give a differential count and the
list of cells to look at again. Folders are searched with their subfolders;
images of kinds that are not read, such as .dcm or .svs, are named. Of very
many images take json or csv, which are written as they come.

Every answer says in `review` why to look at it again, if there is a reason:
`not a cell`, `several cells`, `blurred`, `other cell type`, `unfamiliar`
(unlike what the model was trained on), `unsure`; several are joined by "; ".
The cell type is the best of those that the model knows all the same. Images
of several white cells or none are left out of the differential count, and told
of on stderr: whole fields are for `daffnet fields`. A model to which
tools/analysis_tools/fit_review.py has fitted no limits is unsure of what it
gives a probability below 0.8, and knows no other reason.

30 images and more are taken for those of one laboratory: its scale and
colours are estimated on some of them, and it is said what is made of that.
--profile FILE takes what `daffnet profile` has measured instead,
--profile none takes each image by itself.

--onnx FILE answers by a file of `daffnet export`, the same and without
PyTorch, which need not be installed.

--report FILE writes a page beside the result, for a browser or for A4 paper,
that needs no other file: the count with its intervals and reference ranges,
cells of each type with their attributes, those to look at again, and which
model all this is from.

Exit status: 1 if an image or a subfolder cannot be read, or an image has no
finite probabilities, which is named while the rest goes on; 2 for bad input;
else 0.

Not for diagnosis.
"""

import sys
import warnings
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from daffnet_lite.errors import InputWarning
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors
from daffnet_lite.utils.devices import settle_device

if TYPE_CHECKING:
    from daffnet_lite.answers import HtmlReport, Inferencer


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(
        __doc__, prog='daffnet predict', epilog='Not for diagnosis.'
    )
    parser.add_argument(
        'images',
        nargs='+',
        metavar='IMAGE|FOLDER|GLOB',
        help='an image of one white blood cell, a folder of such (searched '
        'with its subfolders), or a pattern such as "cells/*.png"',
    )
    add_answering(parser)
    parser.add_output('--report', 'HTML page to write')
    return parser


def add_answering(parser: ToolParser) -> None:
    """Add the options of a model's answers, and how they are written."""
    parser.add_argument(
        '--format',
        choices=('table', 'json', 'csv'),
        help='form of the result (default: by the ending of --out, else '
        'table)',
    )
    parser.add_output('--out', 'file to write')
    add_model_options(parser)


def add_model_options(parser: ToolParser) -> None:
    """Add the options of a model, and of how it reads images."""
    parser.add_views()
    parser.add_profile()
    parser.add_model(shipped=True)
    parser.add_argument(
        '--onnx',
        metavar='FILE',
        help='an exported model, run without PyTorch, in the place of '
        '--config and --checkpoint',
    )
    parser.add_device(always=False)
    parser.add_batch_size()
    parser.add_reading(of_model=True)


def form_of(args: Namespace) -> str:
    """Say in which form the answers are wanted."""
    endings = {'.csv': 'csv', '.json': 'json'}
    ending = '' if args.out is None else args.out.suffix.lower()
    return args.format or endings.get(ending, 'table')


def check_onnx(parser: ToolParser, argv: Sequence[str] | None) -> None:
    """Refuse what an exported model has no use for.

    Args:
        parser (ToolParser): The command line.
        argv (Sequence[str], optional): Its words.

    Raises:
        SystemExit: With status 2 if there is such an option beside --onnx.
    """
    args = parser.parse_args(argv)
    if args.onnx is None:
        return
    for name in ('config', 'checkpoint', 'cfg_options', 'views', 'device'):
        if getattr(args, name):
            parser.error(
                f'--{name.replace("_", "-")} is for a model that runs on '
                'PyTorch, and --onnx names one that does not: leave one of '
                'them out'
            )


def check_report(parser: ToolParser, args: Namespace) -> None:
    """Refuse a page that would overwrite the result.

    Raises:
        SystemExit: With status 2 if they are one file.
    """
    if args.report is not None and args.report == args.out:
        parser.error(f'--out and --report are both {args.out}')


def load_model(args: Namespace) -> 'Inferencer':
    """Load the model that the options name."""
    if args.onnx is not None:
        from daffnet_lite.onnx import OnnxClassifier

        return OnnxClassifier(
            args.onnx,
            bit_depth=args.bit_depth,
            max_pixels=args.max_pixels,
            profile=args.profile,
        )
    # MMEngine says there which file it loads.
    with redirect_stdout(sys.stderr):
        from daffnet_mm.apis import WBCInferencer
        from daffnet_mm.utils.config_files import load_config

        return WBCInferencer(
            load_config(args.config, args.cfg_options),
            args.checkpoint,
            device=settle_device(args.device),
            views=args.views,
            bit_depth=args.bit_depth,
            max_pixels=args.max_pixels,
            profile=args.profile,
        )


def start_report(args: Namespace, inferencer: 'Inferencer') -> 'HtmlReport':
    """Begin the page that --report asks for."""
    from daffnet_lite.answers import HtmlReport, ModelIdentity

    return HtmlReport(
        ModelIdentity.of_file(args.onnx or args.checkpoint),
        inferencer.classes,
        **inferencer.reading,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if an image has no answer, else 0.
    """
    parser = build_parser()
    check_onnx(parser, argv)
    args = parser.parse_checked(argv)
    form = form_of(args)
    check_report(parser, args)
    import rich

    from daffnet_lite.answers import (
        TABLE_WIDTH,
        Answers,
        print_result,
        write_result,
    )

    # What is printed to the standard output is the result.
    rich.reconfigure(stderr=True)
    with one_sentence_errors():
        listing = find_images(args.images)
        notes = describe_left_out(listing.left_out)
        for note in notes:
            warnings.warn(note, InputWarning, stacklevel=1)
        inferencer = load_model(args)
        report = start_report(args, inferencer) if args.report else None
        answers = Answers(
            inferencer,
            listing,
            notes,
            args.batch_size,
            watch=None if report is None else report.add,
        )
        if args.out is None:
            print_result(form, answers)
        else:
            with atomic_write(args.out) as file:
                write_result(file, form, answers, width=TABLE_WIDTH)
            print(f'wrote {args.out}: {len(answers)} cells', file=sys.stderr)
        if report is not None:
            with atomic_write(args.report) as file:
                file.write(report.render(answers.errors))
            print(f'wrote {args.report}', file=sys.stderr)
    return 1 if answers.errors else 0
