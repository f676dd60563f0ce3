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

from daffnet_mm.errors import InputError
from daffnet_mm.evaluation.run_folders import name_runs, read_training_log
from daffnet_mm.reproduction.result_tables import write_csv
from daffnet_mm.utils.command_line import ToolParser, one_sentence_errors
from daffnet_mm.visualization import plot_training_curves, save_figure


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_runs('work_dirs/training_curves.png')
    parser.add_argument(
        '--keys',
        nargs='+',
        default=['loss', 'wbc/accuracy'],
        help='what to draw (default: loss wbc/accuracy)',
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    table = args.out.with_suffix('.csv')
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
        save_figure(plot_training_curves(runs, args.keys), args.out)
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
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
