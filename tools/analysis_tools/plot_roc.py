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

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import write_csv
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.evaluation.run_folders import name_runs, read_predictions
from daffnet_mm.visualization import plot_roc, save_figure
from daffnet_mm.visualization.curves import roc_curves


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_runs('work_dirs/roc_curves.png')
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    table = args.out.with_suffix('.csv')
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
        save_figure(plot_roc(panels), args.out)
        write_csv(table, rows)
    print(f'wrote {args.out} and {table}')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
