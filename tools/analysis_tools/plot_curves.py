"""Draw the training curves of one or more runs (Chen et al., Figs. 6, 8, 9).

Usage:
    python tools/analysis_tools/plot_curves.py RUN [RUN ...]
        [--keys loss wbc/accuracy] [--names NAME ...] [--out FILE.png]

    # with and without mixup
    python tools/analysis_tools/plot_curves.py work_dirs/scam_ldwbc
        work_dirs/scam_alpha-0.0_ldwbc --names mixup raw
        --keys train_accuracy wbc/accuracy

RUN is a work folder of tools/train.py; resumed trainings are joined. A panel
is drawn for each key, with a line for each run that logged it, and the values
are written beside the figure as CSV. ``train_accuracy``, which also exists
under mixup, is logged by TrainingAccuracyHook; in the training say
``--cfg-options default_hooks.train_accuracy.type=TrainingAccuracyHook``.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import write_csv
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.evaluation.run_folders import name_runs
from daffnet_mm.visualization import plot_training_curves, save_figure

#: A key's epochs and values.
Curve = tuple[list[float], list[float]]


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


def read_training_log(folder: str | Path) -> dict[str, Curve]:
    """Read what MMEngine logged of a training.

    What is logged several times in an epoch is averaged. Of a training that
    was interrupted and resumed, or begun anew in the same folder, the latest
    of each epoch counts.

    Args:
        folder (str | Path): The work folder.

    Returns:
        dict[str, Curve]: Epochs and values of each key.

    Raises:
        InputError: If the folder has no logs, or they cannot be read.
    """
    folder = Path(folder)
    files = sorted(folder.glob('*/vis_data/scalars.json'))
    if not files:
        raise InputError(
            f'{folder} has no logs (*/vis_data/scalars.json); name the work '
            'folder of a training that was started with tools/train.py'
        )
    curves: defaultdict[str, dict[float, float]] = defaultdict(dict)
    for file in files:
        found = _read_scalars(file)
        first = min(
            (epoch for values in found.values() for epoch in values),
            default=None,
        )
        if first is None:  # killed before it logged anything
            continue
        for values in curves.values():
            for epoch in [e for e in values if e >= first]:
                del values[epoch]
        for key, logged in found.items():
            curves[key].update(
                {epoch: float(np.mean(v)) for epoch, v in logged.items()}
            )
    return {
        key: (sorted(values), [values[e] for e in sorted(values)])
        for key, values in curves.items()
        if values
    }


def _read_scalars(file: Path) -> Mapping[str, Mapping[float, list[float]]]:
    """Read one file; values are by key and epoch."""
    found: defaultdict[str, defaultdict[float, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    lines = file.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            scalars = dict(json.loads(line))
            # Validations have the epoch as their step.
            epoch = scalars['epoch' if 'epoch' in scalars else 'step']
        except (KeyError, TypeError, ValueError) as e:
            if number == len(lines):  # cut when the training was killed
                break
            raise InputError(
                f'{file}, line {number} holds no values; the log is damaged'
            ) from e
        for key, value in scalars.items():
            if key not in ('epoch', 'iter', 'step') and isinstance(
                value, (int, float)
            ):
                found[key][epoch].append(value)
    return found


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
    raise SystemExit(run_tool(main))
