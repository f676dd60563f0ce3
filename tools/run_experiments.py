"""Fill the tables of both papers: train what they list, and lay it out.

Usage:
    python tools/run_experiments.py --out-dir DIR --tables daffnet_table4
        [--datasets pbc5] [--seeds 0 1 2] [--scale tiny] [--k-fold 5]
    python tools/run_experiments.py --out-dir DIR --methods scam daffnet
        --datasets pbc lisc [--metrics wbc/accuracy wbc/f1_macro]
    python tools/run_experiments.py --list
    ... --devices 0 1 2 3                   one run a GPU at a time
    ... --launcher slurm --srun=--partition=gpu --srun=--gres=gpu:1 --jobs 8
    ... --dry-run | --tables-only

Each run is a `tools/train.py` of its own in DIR/runs; the variables that the
configs name (PBC_ROOT and so on) say where the data are. Call again what was
interrupted: finished runs are kept, others go on from their last epoch, and
failed ones are tried again. DIR/tables has each table as Markdown, CSV and
LaTeX: ours beside the paper's, with 95 % intervals over the seeds and
McNemar's test between neighbouring rows.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from mmengine import DictAction
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

import daffnet_mm  # noqa: F401
from daffnet_mm.errors import InputError
from daffnet_mm.reproduction import (
    LocalLauncher,
    Outcome,
    Plan,
    Run,
    Settings,
    SlurmLauncher,
    TimeLeft,
    Trainer,
    own_table,
    paper_table,
    write_tables,
)
from daffnet_mm.reproduction.matrix import TITLES, known_metrics
from daffnet_mm.reproduction.methods import DATASETS, list_methods
from daffnet_mm.reproduction.published import PUBLISHED_TABLES
from daffnet_mm.reproduction.run import FINISHED
from daffnet_mm.utils.command_line import one_sentence_errors

TOOLS = Path(__file__).resolve().parent
CONFIGS = TOOLS.parent / 'configs'


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Fill the tables of both papers'
    )
    parser.add_argument('--out-dir', type=Path)
    parser.add_argument(
        '--tables',
        nargs='+',
        metavar='TABLE',
        help="the papers' tables, or all",
    )
    parser.add_argument('--methods', nargs='+', help='in the place of a table')
    parser.add_argument(
        '--datasets', nargs='+', help="default: those of the paper's table"
    )
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument(
        '--metrics', nargs='+', help="columns (default: the paper's)"
    )
    parser.add_argument(
        '--scale',
        default='full',
        help='full (default), or tiny: small networks and images, for CPUs',
    )
    parser.add_argument(
        '--k-fold', type=int, metavar='K', help='cross-validation'
    )
    parser.add_argument('--image-size', type=int, help="default: the scale's")
    parser.add_argument('--epochs', type=int, help="default: the scale's")
    parser.add_argument(
        '--fraction',
        type=float,
        help='share of the training images (default: all)',
    )
    parser.add_argument(
        '--map',
        metavar='METHOD_OR_FILE',
        help='the MAP inside DAFFNet: a checkpoint, or what to train for each '
        'seed (default: map/dsl-ssl, at tiny scale map/dsl)',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'slurm'), default='none'
    )
    parser.add_argument(
        '--devices',
        nargs='+',
        metavar='GPU',
        help='GPUs to use, one run each at a time (default: all)',
    )
    parser.add_argument(
        '--jobs',
        type=int,
        default=1,
        help='runs at a time on CPUs or through Slurm',
    )
    parser.add_argument(
        '--srun',
        action='append',
        default=[],
        metavar='OPTION',
        help='an option of srun, as --srun=--partition=gpu; may be repeated',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        help='override settings of all configs, as key=value',
    )
    parser.add_argument(
        '--list',
        action='store_true',
        help='name tables, datasets, methods and metrics',
    )
    parser.add_argument('--dry-run', action='store_true', help='name the runs')
    parser.add_argument(
        '--tables-only',
        action='store_true',
        help='train nothing: lay out what has finished',
    )
    args = parser.parse_args(argv)
    if not args.list:
        if args.out_dir is None:
            parser.error('--out-dir is missing')
        if bool(args.tables) == bool(args.methods):
            parser.error('name either --tables or --methods')
        if args.methods and not args.datasets:
            parser.error('--methods needs --datasets')
    return args


def list_everything() -> None:
    """Print what the other options can name."""
    print('tables:')
    for name in PUBLISHED_TABLES:
        print(f'  {name:16} {TITLES[name]}')
    print(f'datasets:\n  {", ".join(DATASETS)}')
    print('methods:')
    for name, path in list_methods(CONFIGS).items():
        print(f'  {name:28} configs/{path}')
    metrics = [key for key in known_metrics() if key.count('/') == 1]
    print(
        f'metrics:\n  {", ".join(metrics)}, and of each class such as '
        'wbc/basophil/recall'
    )


def declare(args: argparse.Namespace) -> list:
    """The tables that were asked for."""
    if args.methods:
        return [own_table(args.datasets, args.methods, args.metrics)]
    names = list(dict.fromkeys(args.tables))
    if names == ['all']:
        names = list(PUBLISHED_TABLES)
    return [paper_table(name, args.datasets, args.metrics) for name in names]


def choose_launcher(args: argparse.Namespace):
    """How processes are started."""
    if args.jobs < 1:
        raise InputError(f'--jobs must be 1 or more, but is {args.jobs}')
    if args.launcher == 'slurm':
        return SlurmLauncher(args.srun, args.jobs)
    devices = args.devices
    if devices is None:
        import torch

        visible = os.environ.get('CUDA_VISIBLE_DEVICES')
        count = torch.cuda.device_count()
        devices = (
            visible.split(',')[:count]
            if visible
            else [str(i) for i in range(count)]
        )
    return LocalLauncher(devices, args.jobs)


def print_runs(console: Console, plan: Plan) -> None:
    """Name the runs, what they need and what they share."""
    for run, cfg in plan.configs.items():
        needed = plan.needs.get(run)
        console.print(
            escape(
                f'{run.name}  {os.path.relpath(cfg.filename)}'
                + (f'  after {needed.name}' if needed else '')
            ),
            soft_wrap=True,
        )
    console.print(f'{len(plan.configs)} runs')


def train(console: Console, plan: Plan, launcher) -> bool:
    """Do the runs; tells whether all have finished."""
    time_left = TimeLeft(plan, len(launcher.slots()))
    with Progress(
        TextColumn('runs'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn('{task.fields[left]}'),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(
            'runs',
            total=len(time_left.runs),
            completed=len(time_left.ended),
            left='',
        )

        def report(run: Run, outcome: Outcome | None) -> None:
            if outcome is None:
                console.print(f'{run.name} ...', soft_wrap=True)
                return
            time_left.add(run, outcome)
            progress.update(
                task, completed=len(time_left.ended), left=str(time_left)
            )
            state = outcome.state
            if outcome.error:
                state += f': {outcome.error}'
            console.print(
                escape(
                    f'{run.name} {state} ({outcome.minutes or 0:.1f} '
                    f'minutes; {time_left})'
                ),
                soft_wrap=True,
            )
            write_tables(plan)

        outcomes = Trainer(plan, launcher, report).run()
    return all(o.state == FINISHED for o in outcomes.values())


def run(args: argparse.Namespace) -> int:
    """Run and lay out the experiments."""
    init_default_scope('mmpretrain')
    # Configs tell of every environment variable that they read.
    MMLogger.get_current_instance().setLevel('WARNING')
    settings = Settings(
        configs=CONFIGS,
        tools=TOOLS,
        out_dir=args.out_dir.resolve(),
        scale=args.scale,
        k_fold=args.k_fold,
        image_size=args.image_size,
        epochs=args.epochs,
        fraction=args.fraction,
        map_method=args.map,
        cfg_options=args.cfg_options,
    )
    launcher = choose_launcher(args)
    plan = Plan(settings, declare(args), args.seeds)
    console = Console(width=max(Console().width, 120))
    if args.dry_run:
        print_runs(console, plan)
        return 0
    finished = True
    if not args.tables_only:
        plan.prepare()
        write_tables(plan)
        finished = train(console, plan, launcher)
    for path in write_tables(plan):
        console.print(str(path), soft_wrap=True)
    return 0 if finished else 1


def main(argv: list[str] | None = None) -> int:
    """Run the tool; gives 1 if a run failed, else 0."""
    args = parse_args(argv)
    if args.list:
        list_everything()
        return 0
    # Ended by SIGTERM, the trainings end too, as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with one_sentence_errors():
        try:
            return run(args)
        except KeyboardInterrupt:
            print('stopped: the same command goes on', file=sys.stderr)
            return 130


if __name__ == '__main__':
    raise SystemExit(main())
