"""Draw the training curves of one or more runs (Chen et al., Figs. 6, 8, 9).

Usage:
    python tools/analysis_tools/plot_curves.py RUN [RUN ...]
        [--keys loss wbc/accuracy] [--names NAME ...] [--out FILE.png]

    # with and without mixup
    python tools/analysis_tools/plot_curves.py work_dirs/scam_ldwbc
        work_dirs/alpha-0.0_ldwbc --names mixup raw
        --keys train_accuracy wbc/accuracy

RUN is a work folder of tools/train.py; resumed trainings are joined. A panel
is drawn for each key, with a line for each run that logged it, and the values
are written beside the figure as CSV. ``train_accuracy``, which also exists
under mixup, is logged by TrainingAccuracyHook:
``--cfg-options custom_hooks.0.type=TrainingAccuracyHook`` in the training.
"""

import argparse
from pathlib import Path

from daffnet_mm.errors import InputError
from daffnet_mm.evaluation.run_folders import name_runs, read_training_log
from daffnet_mm.fileio import atomic_write
from daffnet_mm.reproduction.result_tables import write_csv
from daffnet_mm.utils.command_line import one_sentence_errors
from daffnet_mm.visualization import plot_training_curves


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw the training curves of one or more runs'
    )
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work folders')
    parser.add_argument(
        '--keys',
        nargs='+',
        default=['loss', 'wbc/accuracy'],
        help='what to draw; default: loss wbc/accuracy',
    )
    parser.add_argument('--names', nargs='+', help="default: the folders'")
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/training_curves.png'),
        help='default: work_dirs/training_curves.png',
    )
    return parser.parse_args(argv)


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        runs = {
            name: read_training_log(place)
            for name, place in name_runs(args.runs, args.names).items()
        }
        known = sorted({key for log in runs.values() for key in log})
        for key in args.keys:
            if key not in known:
                raise InputError(
                    f'no run has logged {key}; there are {", ".join(known)}'
                )
    with atomic_write(args.out, 'wb') as file:
        plot_training_curves(runs, args.keys).savefig(
            file, format=args.out.suffix[1:] or 'png', dpi=150
        )
    table = args.out.with_suffix('.csv')
    write_csv(
        table,
        [
            dict(run=name, key=key, epoch=epoch, value=value)
            for name, log in runs.items()
            for key in args.keys
            if key in log
            for epoch, value in zip(*log[key], strict=True)
        ],
    )
    print(f'wrote {args.out} and {table}')


if __name__ == '__main__':
    main()
