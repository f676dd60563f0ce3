"""Predict attributes for images that nobody annotated: stage 2's first half.

Usage:
    python tools/pseudo_label.py CONFIG CKPT [--out FILE [--dataset CONFIG]]
        [--views flips|symmetries] [--batch-size N] [--num-workers N]
        [--num-processes N] [--device DEVICE] [--cfg-options KEY=VALUE ...]

CONFIG is the config of stage 2. Every dataset for which it reads pseudo labels
is labelled, except those that CKPT has labelled before; with --out, the one
that goes with this ``label_file``. With --dataset, CONFIG may be any MAP's,
and the training part of the dataset config is labelled. A run that was
interrupted goes on where it stopped, and ends in the same file.

Exit status: 1 if an image cannot be read, which is named and has no label,
while the rest goes on; 2 for bad input; else 0.
"""

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.pseudo_labelling import label_all, pseudo_label
from daffnet_mm.utils.config_files import load_config


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_output(
        '--out', 'JSON file to write (default: every label_file of CONFIG)'
    )
    parser.add_argument(
        '--dataset',
        metavar='CONFIG',
        help='config whose training part is labelled, such as one of '
        'configs/_base_/datasets',
    )
    parser.add_views()
    parser.add_loading()
    parser.add_num_processes()
    parser.add_device()
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status:
        if args.dataset and not args.out:
            raise InputError('--dataset needs --out: name the file to write')
        cfg = load_config(args.config, args.cfg_options)
        options = dict(
            views=args.views,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            num_processes=args.num_processes,
            device=args.device,
        )
        if args.out:
            dataset = None
            if args.dataset:
                dataset = load_config(args.dataset).train_dataloader.dataset
            made = {
                args.out: pseudo_label(
                    cfg, args.checkpoint, str(args.out), dataset, **options
                )
            }
        else:
            made = label_all(cfg, args.checkpoint, **options)
    for path, labels in made.items():
        print(f'{path}: attributes of {len(labels.scores)} images')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
