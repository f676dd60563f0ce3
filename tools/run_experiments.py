"""Fill the tables of both papers: train what they list, and lay it out.

Usage:
    python tools/run_experiments.py --out-dir DIR --tables daffnet_table4
        [--datasets pbc5] [--seeds 0 1 2] [--scale tiny] [--k-fold 5]
    python tools/run_experiments.py --out-dir DIR --methods scam daffnet
        --datasets pbc lisc [--metrics wbc/accuracy wbc/f1_macro]
    python tools/run_experiments.py --out-dir DIR --tables daffnet_table6
        [--fractions 0.05 0.25 1] [--foreign DATASET ...]
        [--official-split val]              MAP's training strategies
    python tools/run_experiments.py --out-dir DIR --tables unseen --scale full
        [--datasets without-jtsc]           leave one laboratory out
    python tools/run_experiments.py --list
    ... [--epochs N] [--image-size N] [--cfg-options KEY=VALUE ...]
    ... [--map METHOD_OR_FILE] [--configs METHOD=CONFIG ...]
    ... [--rounds N] [--mean-teacher EPOCH] [--pseudo KEY=VALUE ...]
    ... --devices 0 1 2 3                   one run a GPU at a time
    ... --launcher slurm --srun=-pgpu --srun=-G1 --jobs 8
    ... --dry-run | --tables-only

Each run is a `tools/train.py` of its own in DIR/runs; the variables that the
configs name (PBC_ROOT and so on) say where the data are. Call again what was
interrupted: finished runs are kept, others go on from their last epoch, and
failed ones are tried again. DIR/tables has each table as Markdown, CSV and
LaTeX: ours beside the paper's, with 95 % intervals over the seeds, McNemar's
test between neighbouring rows and the gains over the supervised MAP; and with
several fractions a figure of the accuracy against the number of labels. Where
a laboratory is left out, `unseen_balanced.md` and `.json` have the balanced
accuracies on it.
"""

import argparse
import os
from functools import partial
from pathlib import Path

from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

import daffnet_mm  # noqa: F401
from daffnet_lite.utils.command_line import (
    GOES_ON,
    KeyValueAction,
    ToolParser,
    WholeNumber,
    one_sentence_errors,
    run_tool,
    share,
)
from daffnet_mm.reproduction import (
    LocalLauncher,
    Outcome,
    Plan,
    Run,
    Settings,
    SlurmLauncher,
    Trainer,
    draw_label_curves,
    own_table,
    paper_table,
    time_left,
    unseen_table,
    write_tables,
    write_unseen,
)
from daffnet_mm.reproduction.matrix import known_metrics
from daffnet_mm.reproduction.methods import DATASETS, LEFT_OUT, list_methods
from daffnet_mm.reproduction.published import TITLES
from daffnet_mm.reproduction.training_steps import FINISHED
from daffnet_mm.reproduction.unseen import UNSEEN

TOOLS = Path(__file__).resolve().parent
CONFIGS = TOOLS.parent / 'configs'


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_output('--out-dir', 'folder for everything', folder=True)
    parser.add_argument(
        '--tables',
        nargs='+',
        metavar='TABLE',
        help="the papers' tables, all of these, or unseen",
    )
    parser.add_argument('--methods', nargs='+', help='in the place of a table')
    parser.add_argument(
        '--datasets',
        nargs='+',
        default=[],
        help="what is trained and tested on (default: as the paper's table)",
    )
    parser.add_argument(
        '--metrics', nargs='+', help="columns (default: the paper's)"
    )
    parser.add_argument(
        '--seeds',
        nargs='+',
        type=WholeNumber(0),
        default=[0, 1, 2],
        help='seeds of every method (default: 0 1 2)',
    )
    parser.add_argument(
        '--k-fold',
        type=WholeNumber(3),
        help='cross-validation in so many folds',
    )
    parser.add_argument(
        '--official-split',
        choices=('val', 'test'),
        help="report this one of WBCAtt's official parts; with val, a tenth "
        'of the official training part is set aside to select (default: the '
        'test part of the split file)',
    )
    parser.add_argument(
        '--scale',
        default='full',
        help='full, or tiny: small networks and images, for CPUs (default: '
        '%(default)s)',
    )
    parser.add_number('--image-size', "in pixels (default: the scale's)")
    parser.add_number(
        '--epochs', "epochs of each training (default: the scale's)"
    )
    parser.add_argument(
        '--fractions',
        nargs='+',
        type=share,
        default=[1.0],
        metavar='SHARE',
        help='shares of the training images that keep their labels; the rest '
        'is pseudo-labelled where the method is semi-supervised, and else '
        'left out (default: 1)',
    )
    parser.add_argument(
        '--map',
        metavar='METHOD_OR_FILE',
        help='the MAP inside DAFFNet: a checkpoint, or what to train for each '
        'seed (default: map/dsl-ssl, at tiny scale map/dsl)',
    )
    parser.add_argument(
        '--foreign',
        nargs='+',
        default=[],
        metavar='DATASET',
        help='further data for semi-supervised MAPs to label: dataset '
        'configs, or folders with a folder a class',
    )
    parser.add_semi_supervision()
    parser.add_argument(
        '--configs',
        nargs='+',
        action=KeyValueAction,
        default={},
        metavar='METHOD=CONFIG',
        help="configs in the place of the methods' own",
    )
    parser.add_cfg_options()
    parser.add_argument(
        '--launcher',
        choices=('none', 'slurm'),
        default='none',
        help='slurm: submit each run by srun (default: %(default)s)',
    )
    parser.add_argument(
        '--devices',
        nargs='+',
        metavar='GPU',
        help='GPUs to use, one run each at a time (default: all)',
    )
    parser.add_number('--jobs', 'runs at a time on CPUs or through Slurm', 1)
    parser.add_argument(
        '--srun',
        action='append',
        default=[],
        metavar='OPTION',
        help='an option of srun, as --srun=--partition=gpu; may be repeated',
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        '--list',
        action='store_true',
        help='only name tables, datasets, methods and metrics',
    )
    instead.add_argument(
        '--dry-run', action='store_true', help='only name the runs'
    )
    instead.add_argument(
        '--tables-only',
        action='store_true',
        help='train nothing: lay out what has finished',
    )
    return parser


def list_everything() -> None:
    """Print what the other options can name."""
    print('tables:')
    for name, title in TITLES.items():
        print(f'  {name:28} {title}')
    print(f'  {UNSEEN:28} trained without a laboratory, tested on it')
    print(f'datasets:\n  {", ".join([*DATASETS, *LEFT_OUT])}')
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
        names = list(TITLES)
    datasets = args.datasets or None
    return [
        unseen_table(CONFIGS, datasets)
        if name == UNSEEN
        else paper_table(name, datasets, args.metrics)
        for name in names
    ]


def write_all(plan: Plan) -> list[Path]:
    """Write all that the runs so far give."""
    paths = write_tables(plan)
    if any(run.dataset in LEFT_OUT for run in plan.configs):
        paths += write_unseen(plan)
    return paths


def choose_launcher(args: argparse.Namespace) -> LocalLauncher:
    """How processes are started."""
    if args.launcher == 'slurm':
        return SlurmLauncher(options=args.srun, jobs=args.jobs)
    devices = args.devices
    if devices is None:
        import torch

        devices = [str(i) for i in range(torch.cuda.device_count())]
        visible = os.environ.get('CUDA_VISIBLE_DEVICES')
        if visible:
            devices = visible.split(',')[: len(devices)]
    return LocalLauncher(devices, args.jobs)


def print_runs(plan: Plan) -> None:
    """Name the runs, what they need and what they share."""
    for run, cfg in plan.configs.items():
        text = f'{run.name}  {os.path.relpath(cfg.filename)}'
        if run in plan.needs:
            text += f'  after {plan.needs[run].name}'
        print(text)
    print(f'{len(plan.configs)} runs')


def train(plan: Plan, launcher: LocalLauncher) -> bool:
    """Do the runs; tells whether all have finished."""
    console = Console(width=max(Console().width, 120))
    jobs = len(launcher.slots())
    with Progress(
        TextColumn('runs'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn('{task.fields[left]}'),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task('runs', total=len(plan.configs), left='')
        say = partial(console.print, markup=False, soft_wrap=True)

        def report(run: Run, outcome: Outcome | None) -> None:
            ended, text = time_left(plan, jobs)
            progress.update(task, completed=ended, left=text)
            if outcome is None:
                say(f'{run.name} ... (see {plan.folder(run)}/train.log)')
                return
            state = outcome.state
            if outcome.error:
                state += f': {outcome.error}'
            minutes = outcome.minutes or 0
            say(f'{run.name} {state} ({minutes:.1f} minutes; {text})')
            write_all(plan)

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
        official_split=args.official_split,
        image_size=args.image_size,
        epochs=args.epochs,
        map_method=args.map,
        foreign=args.foreign,
        pseudo=args.pseudo,
        mean_teacher=args.mean_teacher,
        rounds=args.rounds,
        own_configs=args.configs,
        cfg_options=args.cfg_options,
    )
    launcher = choose_launcher(args)
    plan = Plan(settings, declare(args), args.seeds, args.fractions)
    if args.dry_run:
        print_runs(plan)
        return 0
    finished = True
    if not args.tables_only:
        plan.prepare()
        write_all(plan)
        finished = train(plan, launcher)
    paths = write_all(plan)
    figure = settings.out_dir / 'tables' / 'accuracy_against_labels.png'
    if len(plan.shares) > 1 and draw_label_curves(plan, figure):
        paths.append(figure)
    print(*paths, sep='\n')
    return 0 if finished else 1


def main(argv: list[str] | None = None) -> int:
    """Run the tool; gives 1 if a run failed, else 0."""
    parser = build_parser()
    args = parser.parse_checked(argv)
    if args.list:
        list_everything()
        return 0
    if args.out_dir is None:
        parser.error('--out-dir is missing')
    if bool(args.tables) == bool(args.methods):
        parser.error('name either --tables or --methods')
    if args.methods and not args.datasets:
        parser.error('--methods needs --datasets')
    with one_sentence_errors():
        return run(args)


if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
