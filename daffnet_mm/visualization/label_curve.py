from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_label_curve(
    curves: Mapping[str, Mapping[float, Sequence[float]]],
    references: Mapping[str, float],
    title: str,
    ax: 'Axes',
) -> None:
    """Draw a figure of merit against the number of labels.

    A point is the mean over the seeds, a bar their standard deviation, and
    small dots the seeds themselves.

    Args:
        curves (Mapping): For each strategy, its figures in percent (one a
            seed) by the number of labelled cells.
        references (Mapping[str, float]): Figures to compare with, drawn as
            horizontal lines.
        title (str): What is drawn, for the vertical axis.
        ax (Axes): Where to draw.
    """
    for number, (name, points) in enumerate(curves.items()):
        sizes = sorted(points)
        if not sizes:
            continue
        means = [np.mean(points[size]) for size in sizes]
        spreads = [
            float(np.std(points[size], ddof=1)) if len(points[size]) > 1 else 0
            for size in sizes
        ]
        colour = f'C{number}'
        ax.errorbar(
            sizes,
            means,
            spreads,
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
    ax.set_xlabel('cells with true attributes')
    ax.set_ylabel(f'{title} (%)')
    ax.grid(alpha=0.3)
