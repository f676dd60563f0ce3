"""Compare MAP's training strategies over seeds: DAFFNet's Tables 5 and 6.

Usage:
    python tools/map_experiments.py --out-dir DIR [--scale tiny]
        [--strategies plain dsl dsl-ssl] [--seeds 0 1 2]
        [--fractions 5 25 100] [--foreign DATASET ...]
        [--official-split val] [--image-size 64] [--epochs 8] [--jobs 1]

Each run is a plain `tools/train.py` (and `tools/pseudo_label.py`) on the
configs of the scale; the environment variables PBC_ROOT, WBCATT_ROOT and
PBC_SPLIT_FILE say where the data are, as for every config. One that has ended
is not repeated, one that was interrupted goes on, and one that fails is shown
as failed and does not stop the others. Tables 5 and 6 and Supplementary Table
3 come out as Markdown and CSV, and the accuracy against the number of labels
as a figure.
"""

import argparse
import time
from pathlib import Path

from mmengine import DictAction
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.markup import escape
from train_map import TOOLS, add_semi_supervision_arguments

import daffnet_mm  # noqa: F401
from daffnet_mm.fileio import atomic_write
from daffnet_mm.reproduction.map_experiments import (
    SCALES,
    TEACHERS,
    Outcome,
    Run,
    Settings,
    find_finished,
    run_experiments,
)
from daffnet_mm.reproduction.paper_figures import ANNOTATORS, WBCATT_BASELINE
from daffnet_mm.reproduction.strategy_tables import (
    STRATEGY_NAMES,
    StrategyTables,
)
from daffnet_mm.utils.command_line import one_sentence_errors

CONFIGS = TOOLS.parent / 'configs' / 'daffnet'
CONSOLE = Console(width=max(Console().width, 120))


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare MAP's training strategies over seeds"
    )
    parser.add_argument('--out-dir', type=Path, required=True)
    parser.add_argument('--scale', choices=SCALES, default='tiny')
    parser.add_argument(
        '--configs',
        nargs='+',
        action=DictAction,
        default={},
        metavar='STRATEGY=CONFIG',
        help="configs in place of the scale's",
    )
    parser.add_argument(
        '--strategies',
        nargs='+',
        choices=TEACHERS,
        default=['plain', 'dsl', 'dsl-ssl'],
        help="default: Table 6's three rows; ssl is the one that it lacks",
    )
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument(
        '--fractions',
        nargs='+',
        type=float,
        default=[100.0],
        metavar='PERCENT',
        help='shares of the labelled training images that keep their '
        'attributes; the rest is pseudo-labelled where the strategy is '
        'semi-supervised (default: 100)',
    )
    parser.add_argument(
        '--foreign',
        nargs='+',
        default=[],
        metavar='DATASET',
        help='further data to pseudo-label: dataset configs, or folders with '
        'a folder a class',
    )
    parser.add_argument(
        '--official-split',
        choices=('val', 'test'),
        help="report this one of WBCAtt's official parts; with val, a tenth "
        'of the official training part is set aside to select (default: the '
        'test part of the split file)',
    )
    parser.add_argument(
        '--image-size', type=int, help='default: as in the configs'
    )
    parser.add_argument(
        '--epochs', type=int, help='default: as in the configs'
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=1,
        help='how often to label and train anew (default: 1, as the paper)',
    )
    add_semi_supervision_arguments(parser)
    parser.add_argument(
        '--jobs', type=int, default=1, help='trainings at a time'
    )
    parser.add_argument(
        '--tables-only',
        action='store_true',
        help='train nothing: lay out what has finished',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        help='override settings of all configs, as key=value',
    )
    return parser.parse_args(argv)


def count_labelled(settings: Settings, runs: list[Run]) -> dict:
    """Count the training images that keep their attributes, by share."""
    from mmpretrain.registry import DATASETS

    counts = {}
    for run in runs:
        if run.percent not in counts and TEACHERS[run.strategy] is None:
            dataset = settings.config(run).train_dataloader.dataset
            if dataset['type'] == 'RepeatDataset':
                dataset = dataset['dataset']
            counts[run.percent] = len(DATASETS.build(dataset))
    return counts


def draw(tables: StrategyTables, counts: dict, path: Path) -> None:
    """Draw accuracy and macro F1 against the number of labels."""
    from matplotlib.figure import Figure

    from daffnet_mm.visualization.label_curve import plot_label_curve

    figure = Figure(figsize=(11, 4.5), layout='constrained')
    axes = figure.subplots(1, 2)
    for ax, key, title, references in (
        (
            axes[0],
            'accuracy',
            'mean attribute accuracy',
            {
                "WBCAtt's ResNet50": WBCATT_BASELINE['accuracy'],
                'two annotators': ANNOTATORS['overall'],
            },
        ),
        (
            axes[1],
            'f1_macro',
            'mean macro F1',
            {"WBCAtt's ResNet50": WBCATT_BASELINE['f1_macro']},
        ),
    ):
        curves = {
            STRATEGY_NAMES[strategy]: {
                counts[percent]: [m[key] for m in found.values()]
                for percent in counts
                if (found := tables.select(strategy, percent))
            }
            for strategy in tables.strategies
        }
        plot_label_curve(curves, references, title, ax)
    axes[0].legend(fontsize='small')
    with atomic_write(path, 'wb') as f:
        figure.savefig(f, format='png', dpi=150)


def main(argv: list[str] | None = None) -> int:
    """Run the tool; gives 1 if a run failed, else 0."""
    args = parse_args(argv)
    with one_sentence_errors():
        return run(args)


def run(args: argparse.Namespace) -> int:
    """Run and lay out the experiment."""
    out_dir = args.out_dir.resolve()
    settings = Settings(
        configs={
            **{
                strategy: CONFIGS / f'{name}.py'
                for strategy, name in SCALES[args.scale].items()
            },
            **args.configs,
        },
        out_dir=out_dir,
        tools=TOOLS,
        image_size=args.image_size,
        epochs=args.epochs,
        official_part=args.official_split,
        foreign=args.foreign,
        pseudo=args.pseudo,
        mean_teacher=args.mean_teacher,
        rounds=args.rounds,
        cfg_options=args.cfg_options,
    )
    asked = set(args.strategies)
    # A teacher is trained anyway, so it is shown.
    asked |= {TEACHERS[s] for s in args.strategies} - {None}
    runs = [
        Run(strategy, percent, seed)
        for percent in sorted(set(args.fractions))
        for strategy in TEACHERS
        if strategy in asked
        for seed in dict.fromkeys(args.seeds)
    ]
    # What is wrong with the settings is said before the first training.
    init_default_scope('mmpretrain')
    for item in runs:
        settings.config(item)
    outcomes = find_finished(settings, runs)
    started = {}

    def report(item: Run, outcome: Outcome | None) -> None:
        if outcome is None:
            started[item] = time.monotonic()
            CONSOLE.print(f'{item.name} ...')
            return
        minutes = (time.monotonic() - started[item]) / 60
        state = f'failed: {outcome.error}' if outcome.error else 'finished'
        CONSOLE.print(
            escape(f'{item.name}: {state} ({minutes:.1f} minutes)'),
            soft_wrap=True,
        )
        outcomes[item] = outcome
        StrategyTables(runs, outcomes).write(out_dir)

    if not args.tables_only:
        outcomes = run_experiments(settings, runs, report, args.jobs)
    tables = StrategyTables(runs, outcomes)
    paths = tables.write(out_dir)
    if len(tables.percents) > 1 and tables.metrics:
        paths.append(out_dir / 'accuracy_against_labels.png')
        draw(tables, count_labelled(settings, runs), paths[-1])
    print(tables.to_markdown())
    for path in paths:
        CONSOLE.print(str(path), soft_wrap=True)
    return 1 if tables.failures else 0


if __name__ == '__main__':
    raise SystemExit(main())
