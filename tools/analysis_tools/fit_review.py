"""Teach a trained model which of its answers to look at again.

Usage:
    python tools/analysis_tools/fit_review.py CONFIG CKPT --out FILE
        [--others FOLDER ...] [--share 0.02] [--device DEVICE]
        [--cfg-options KEY=VALUE ...]

FILE is CKPT with a rule in its ``meta['review']``, as plain values. With it
every answer of `daffnet predict` and of ``WBCInferencer`` says in
`review` what speaks against it: `not a cell`, `several cells` and `blurred`
from the image itself; `other cell type`, `unfamiliar` and `unsure` from what
the network makes of it. Weights and answers stay as they are.

Each of --others holds images of a kind of cell that the model does not know,
such as PBC's erythroblast, ig and platelet, and has the name of the kind.
Every other image is learned from, the rest is held back; how many of these
are refused is printed. The limits are chosen on the config's validation part,
such that of further cells like its own at most --share are to be expected to
be refused, for whatever reason: of its own it is a few less, for limits suit
the cells that they are chosen on.

How a model does on other images: tools/analysis_tools/evaluate_review.py.
"""

from collections import Counter

from mmengine.runner import CheckpointLoader
from rich.console import Console
from rich.table import Table

import daffnet_mm  # noqa: F401
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
    share,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.apis.review_fitting import fit_review
from daffnet_mm.apis.review_of_checkpoint import keep_review
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.checkpoints import find_state_dict, save_checkpoint
from daffnet_mm.utils.config_files import load_config


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_argument(
        '--others',
        nargs='+',
        default=[],
        metavar='FOLDER',
        help='folders, each with images of another kind of cell',
    )
    parser.add_argument(
        '--share',
        type=share,
        default=0.02,
        help='the most of further cells like those of the validation part '
        'that should be refused (default: %(default)s)',
    )
    parser.add_device()
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status:
        cfg = load_config(args.config, args.cfg_options)
        model, meta = load_trained(cfg, args.checkpoint, args.device)
        fitted = fit_review(
            cfg, model, meta, args.checkpoint, args.others, args.share
        )
        keep_review(fitted.rule, fitted.seen, meta)
        # As they are in the file: a published model stays in half precision.
        weights = find_state_dict(
            CheckpointLoader.load_checkpoint(args.checkpoint, 'cpu'),
            args.checkpoint,
        )
        save_checkpoint(args.out, dict(meta=meta, state_dict=weights))
    table = Table('images', 'number', 'refused %', 'reasons')
    for name, reviews in fitted.reviews.items():
        table.add_row(
            f'{name}, held back' if name else 'validation part',
            str(len(reviews)),
            # Refusing is right of the others, and wrong of cells.
            (rounded_down if name else rounded_up)(
                100 * sum(map(bool, reviews)) / len(reviews), 2
            ),
            ', '.join(
                f'{reason} {number}'
                for reason, number in Counter(
                    reason
                    for text in reviews
                    if text
                    for reason in text.split('; ')
                ).most_common()
            ),
        )
    console = Console(width=max(Console().width, 120))
    console.print(table)
    console.print(f'wrote {args.out}', soft_wrap=True)
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
