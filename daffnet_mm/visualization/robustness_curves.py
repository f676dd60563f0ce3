from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Severity (None: untouched), accuracy and the two ends of its interval.
Point = tuple[float | None, float, float, float]


def plot_robustness(
    curves: Mapping[str, tuple[str, Mapping[str, Sequence[Point]]]],
    columns: int = 2,
) -> 'Figure':
    """Draw accuracy against the severity of what is done to the images.

    Args:
        curves (Mapping): A corruption to a pair: what its severity measures
            (str), and a classifier's name to its points, each a
            severity (None: untouched images), the accuracy and the two ends
            of its interval, in percent.
        columns (int): Panels side by side. Defaults to 2.

    Returns:
        Figure: A figure with one panel per corruption.
    """
    figure, axes = panel_grid(len(curves), columns, 4.4, 3.2)
    for ax, (name, (unit, lines)) in zip(axes, curves.items(), strict=True):
        for label, points in lines.items():
            # Evenly spaced, for qualities fall and factors grow.
            places = range(len(points))
            severities, accuracies, lows, highs = zip(*points, strict=True)
            (line,) = ax.plot(places, accuracies, marker='o', label=label)
            ax.fill_between(
                places,
                lows,
                highs,
                color=line.get_color(),
                alpha=0.15,
                linewidth=0,
            )
            ax.set_xticks(
                places, ['none' if s is None else f'{s:g}' for s in severities]
            )
        ax.set_title(name, fontweight='bold', fontsize=10)
        ax.set_xlabel(unit)
        ax.set_ylabel('accuracy (%)')
        ax.set_ylim(0, 102)
        ax.grid(alpha=0.3)
    axes[0].legend(fontsize=8, loc='lower left')
    return figure
