"""Measure what some labelled cells of another laboratory teach a model.

Usage:
    python tools/analysis_tools/evaluate_adaptation.py CONFIG CKPT
        --datasets NAME=ROOT [NAME=ROOT ...] [--numbers 5 10 20 50]
        [--draws 5] [--per-group 25] [--profile auto|none|FILE]
        [--out-dir DIR] [--device DEVICE] [--cfg-options KEY=VALUE ...]

Of each dataset, at most --per-group cells of a type are taken from each group
(slide, field). In each of --draws draws half of a type's groups may teach: so
many of their cells as one of --numbers says are labelled, as for
`daffnet adapt`, and what is tested is all cells of the groups of which none is
labelled. A type that has too few cells, or leaves fewer for the test than it
teaches, is left out of that draw, and named.

Written are ``adaptation.md``, ``.json`` (each draw) and ``.png``, the curve.
Balanced accuracy is the mean recall of the types that are tested; ± is half
the 95 % interval of the mean over the draws by the t distribution.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS
from rich.progress import track

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    WholeNumber,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.adaptation import VIEWS, fit_layer, mean_recall
from daffnet_mm.apis.trained_classifier import dataset_type
from daffnet_mm.datasets.sample_infos import image_groups, image_ids
from daffnet_mm.models.utils import LinearDecision
from daffnet_mm.reproduction.label_curve import plot_label_curve
from daffnet_mm.reproduction.statistics import summarize
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.visualization import save_figure
from daffnet_mm.visualization.panels import panel_grid


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_argument(
        '--datasets',
        nargs='+',
        default=[],
        metavar='NAME=ROOT',
        help='dataset types of the plugin, and the folders of their releases',
    )
    parser.add_argument(
        '--numbers',
        nargs='+',
        type=WholeNumber(5),
        default=[5, 10, 20, 50],
        help='labelled cells of each type (default: 5 10 20 50)',
    )
    parser.add_number('--draws', 'draws of each number', 5)
    parser.add_number(
        '--per-group', 'cells of a type that a group gives at most', 25
    )
    parser.add_profile()
    parser.add_out_dir('work_dirs/evaluate_adaptation')
    parser.add_device()
    return parser


def cells_of(
    name: str, root: str, classes: Sequence[str], per_group: int
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """List files, labels and groups of a dataset's cells."""
    dataset: Any = DATASETS.build(
        dict(type=dataset_type(name), data_root=root, classes=classes)
    )
    groups = image_groups(dataset)
    rng = np.random.default_rng(0)
    members: dict[tuple, list[int]] = defaultdict(list)
    for index, image in enumerate(image_ids(dataset)):
        label = int(dataset.get_data_info(index)['gt_label'])
        if label >= 0:
            members[groups[image], label].append(index)
    files, labels, kept = [], [], []
    for (group, label), places in sorted(members.items()):
        for index in sorted(rng.permutation(places)[:per_group]):
            files.append(dataset.get_data_info(int(index))['img_path'])
            labels.append(label)
            kept.append(group)
    return files, np.array(labels), np.array(kept)


def draw(
    labels: np.ndarray, groups: np.ndarray, number: int, seed: int
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Choose labelled and tested cells.

    Returns:
        tuple: Places of the labelled cells, of the tested ones, and the types
        that are left out.
    """
    rng = np.random.default_rng(seed)
    taught: dict[int, np.ndarray] = {}
    for label in np.unique(labels):
        own = np.unique(groups[labels == label])
        half = rng.permutation(own)[: len(own) // 2]
        pool = np.flatnonzero((labels == label) & np.isin(groups, half))
        taught[label] = rng.permutation(pool)[:number]
    left_out: list[int] = []
    # Who is left out frees groups for the test of others.
    while True:
        kept = [label for label in taught if label not in left_out]
        places = np.concatenate([taught[label] for label in kept] or [[]])
        places = places.astype(int)
        free = ~np.isin(groups, groups[places])
        few = [
            label
            for label in kept
            if len(taught[label]) < number
            or (free & (labels == label)).sum() < number
        ]
        if not few:
            tested = np.flatnonzero(free & np.isin(labels, kept))
            return places, tested, sorted(left_out)
        left_out += few


def evaluate(
    inferencer: WBCInferencer, name: str, root: str, args: Any
) -> list[dict]:
    """Measure one dataset: a row for each number and draw."""
    files, labels, groups = cells_of(
        name, root, inferencer.classes, args.per_group
    )
    decision = LinearDecision(inferencer.model)
    features, answered = inferencer.features(files, decision=decision)
    files = [files[place] for place in answered]
    labels, groups = labels[answered], groups[answered]
    draws = {
        (number, seed): draw(labels, groups, number, seed)
        for number in args.numbers
        for seed in range(args.draws)
    }
    # Only cells that teach are looked at from more than one side; where all
    # types are left out, there are none.
    teachers = np.unique(np.concatenate([t for t, *_ in draws.values()]))
    views = np.empty((1, 0, 0))
    if teachers.size:
        views, _ = inferencer.features(
            [files[place] for place in teachers],
            decision=decision,
            views=VIEWS,
        )
    weight, bias = decision.read()
    rows = []
    for (number, seed), (taught, tested, left_out) in track(
        draws.items(), name, transient=True
    ):
        names = [inferencer.classes[label] for label in left_out]
        row: dict[str, Any] = dict(
            dataset=name, number=number, draw=seed, left_out=names
        )
        if len(np.unique(labels[taught])) > 1:
            fitted = fit_layer(
                weight,
                bias,
                views[:, np.searchsorted(teachers, taught)],
                labels[taught],
            )
            row.update(
                tested=len(tested),
                before=mean_recall(
                    features[tested] @ weight.T + bias, labels[tested]
                ),
                after=mean_recall(
                    features[tested] @ fitted.weight.T + fitted.bias,
                    labels[tested],
                ),
            )
        rows.append(row)
    return rows


def lay_out(rows: Sequence[dict]) -> tuple[str, dict]:
    """Make the table and, for each dataset, the curve's points."""
    cells, curves = [], defaultdict(dict)
    keys = dict.fromkeys((row['dataset'], row['number']) for row in rows)
    for name, number in keys:
        own = [
            r for r in rows if (r['dataset'], r['number']) == (name, number)
        ]
        left_out = sorted({label for row in own for label in row['left_out']})
        done = [row for row in own if 'after' in row]
        shown = ['-', '-', '-']
        if done:
            curves[name][number] = [row['after'] for row in done]
            tested = [row['tested'] for row in done]
            shown = [
                f'{min(tested)} to {max(tested)}',
                *(
                    _show([row[key] for row in done])
                    for key in ('before', 'after')
                ),
            ]
        cells.append([name, str(number), *shown, ', '.join(left_out) or '-'])
    headers = (
        'laboratory',
        'labelled a type',
        'tested cells',
        'balanced before, %',
        'after, %',
        'left out',
    )
    return to_markdown(headers, cells), curves


def _show(values: Sequence[float]) -> str:
    found = summarize(values)
    if len(values) < 2:
        return rounded_down(found.mean, 1)
    half_width = rounded_up(found.half_width, 1)
    return f'{rounded_down(found.mean, 1)} ± {half_width}'


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status, claim_folder(args.out_dir):
        if not args.datasets:
            raise InputError(
                'name at least one laboratory: --datasets NAME=ROOT'
            )
        laboratories = named_places(
            args.datasets, 'NAME=ROOT, such as RaabinWBC=data/Raabin-WBC'
        )
        inferencer = WBCInferencer(
            load_config(args.config, args.cfg_options),
            args.checkpoint,
            device=args.device,
            profile=args.profile,
        )
        rows = [
            row
            for name, root in laboratories.items()
            for row in evaluate(inferencer, name, root, args)
        ]
        table, curves = lay_out(rows)
        with atomic_write(args.out_dir / 'adaptation.md') as file:
            file.write(table)
        write_json(args.out_dir / 'adaptation.json', rows)
        if curves:
            figure, axes = panel_grid(list(curves), 2, 5.2, 3.6)
            for ax, (name, points) in zip(axes, curves.items(), strict=False):
                before = np.mean(
                    [
                        row['before']
                        for row in rows
                        if row['dataset'] == name and 'before' in row
                    ]
                )
                plot_label_curve(
                    {name: points}, {'before': before}, 'balanced accuracy', ax
                )
                ax.set_xlabel('labelled cells of each type')
            save_figure(figure, args.out_dir / 'adaptation.png', dpi=120)
    print(table, end='')
    print(f'wrote {args.out_dir}')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
