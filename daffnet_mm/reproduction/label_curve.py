"""Figures of merit against the number of labels, as a picture."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from daffnet_mm.visualization.panels import panel_grid
from daffnet_mm.visualization.save_figure import save_figure

from .methods import DATASETS, MAP_METHODS
from .plan import Plan
from .results import SectionResult, fill
from .statistics import summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {
    'attr/accuracy': 'mean attribute accuracy',
    'attr/f1_macro': 'mean macro F1',
    'wbc/accuracy': 'accuracy',
    'wbc/f1_macro': 'macro F1',
}


def draw_label_curves(plan: Plan, path: Path) -> bool:
    """Draw what the methods of a plan have with each share of the labels.

    A row of panels a table and dataset. Figures that are known from a paper
    alone are horizontal lines.

    Args:
        plan (Plan): Runs with several shares, finished or not.
        path (Path): The picture.

    Returns:
        bool: Whether there was anything to draw.
    """
    panels, count = [], cache(plan.count_labelled)
    for table in plan.tables:
        results = fill(table, plan.runs_of, plan.shares)
        for section in table.sections:
            shares = [r for r in results if r.section is section]
            kind = 'attr' if set(section.methods) & set(MAP_METHODS) else 'wbc'
            for metric in (f'{kind}/accuracy', f'{kind}/f1_macro'):
                panels += _panel(metric, shares, count)
    if not panels:
        return False
    figure, axes = panel_grid(
        [title for *_, title in panels], columns=2, width=5.5, height=4.5
    )
    for ax, (curves, references, title) in zip(axes, panels, strict=True):
        plot_label_curve(curves, references, title, ax)
        ax.legend(fontsize='small')
    save_figure(figure, path)
    return True


def _panel(
    metric: str, shares: Sequence[SectionResult], count: Callable
) -> list[tuple]:
    """What is drawn of a metric on a dataset, if there is anything."""
    section = shares[0].section
    curves: dict[str, dict[float, list[float]]] = {}
    references: dict[str, float] = {}
    for number, row in enumerate(section.rows):
        if row.attribute is not None:
            continue
        if row.method is None and metric in row.published:
            references[row.label] = row.published[metric]
        for share in shares:
            values = share.rows[number].values(metric)
            if values:
                points = curves.setdefault(row.label, {})
                points[count(section.dataset, share.share)] = values
    dataset = DATASETS[section.dataset] or 'synthetic cells'
    title = f'{dataset}: {_TITLES[metric]}'
    return [(curves, references, title)] if curves else []


def plot_label_curve(
    curves: Mapping[str, Mapping[float, Sequence[float]]],
    references: Mapping[str, float],
    title: str,
    ax: 'Axes',
) -> None:
    """Draw a figure of merit against the number of labels.

    A point is the mean over the runs, a bar the 95 % interval of the mean by
    the t distribution, and small dots are the runs themselves.

    Args:
        curves (Mapping): For each method, its figures in percent (one a run)
            by the number of labelled cells.
        references (Mapping[str, float]): Figures to compare with, drawn as
            horizontal lines.
        title (str): What is drawn, for the vertical axis.
        ax (Axes): Where to draw.
    """
    for number, (name, points) in enumerate(curves.items()):
        sizes = sorted(points)
        summaries = [summarize(points[size]) for size in sizes]
        colour = f'C{number}'
        ax.errorbar(
            sizes,
            [summary.mean for summary in summaries],
            [summary.half_width for summary in summaries],
            color=colour,
            marker='o',
            capsize=3,
            label=name,
        )
        for size in sizes:
            ax.plot(
                [size] * len(points[size]),
                points[size],
                '.',
                color=colour,
                alpha=0.4,
            )
    for style, (name, value) in zip(
        (':', '--', '-.'), references.items(), strict=False
    ):
        ax.axhline(value, color='grey', linestyle=style, label=name)
    ax.set_xscale('log')
    ticks = sorted({size for points in curves.values() for size in points})
    ax.set_xticks(ticks, [f'{size:g}' for size in ticks])
    ax.minorticks_off()
    ax.set_xlabel('labelled training cells')
    ax.set_ylabel(f'{title} (%)')
    ax.grid(alpha=0.3)
