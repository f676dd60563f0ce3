"""Draw the ROC curves of tested models, each class against the rest.

Usage:
    python tools/analysis_tools/plot_roc.py RUN [RUN ...] [--names NAME ...]
        [--out FILE.png]

RUN is a work folder in which EvaluationReportHook has written the predictions
of a test (as every config of the plugin does after training and in
tools/test.py), such a folder of cross_dataset.py, or a file
``wbc_predictions.csv``. Every run is a panel with a curve for each class and
their micro and macro averages; the areas are written beside the figure as
CSV.
"""

import argparse
from pathlib import Path

from daffnet_mm.errors import InputError
from daffnet_mm.evaluation.run_folders import name_runs, read_predictions
from daffnet_mm.fileio import atomic_write
from daffnet_mm.reproduction.result_tables import write_csv
from daffnet_mm.utils.command_line import one_sentence_errors
from daffnet_mm.visualization import plot_roc
from daffnet_mm.visualization.roc_curves import roc_curves


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw the ROC curves of tested models'
    )
    parser.add_argument(
        'runs', nargs='+', metavar='RUN', help='folders or files'
    )
    parser.add_argument('--names', nargs='+', help="default: the folders'")
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/roc_curves.png'),
        help='default: work_dirs/roc_curves.png',
    )
    return parser.parse_args(argv)


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        places = name_runs(args.runs, args.names)
        panels = {n: read_predictions(place) for n, place in places.items()}
        rows = []
        for name, panel in panels.items():
            try:
                curves = roc_curves(*panel)
            except ValueError as error:
                raise InputError(f'{places[name]}: {error}') from error
            rows += [
                dict(run=name, curve=curve, auc=100 * float(area))
                for curve, (_, _, area) in curves.items()
            ]
    with atomic_write(args.out, 'wb') as file:
        plot_roc(panels).savefig(
            file, format=args.out.suffix[1:] or 'png', dpi=150
        )
    table = args.out.with_suffix('.csv')
    write_csv(table, rows)
    print(f'wrote {args.out} and {table}')


if __name__ == '__main__':
    main()
