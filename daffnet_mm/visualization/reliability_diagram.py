import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from daffnet_lite.utils.rounding import rounded_up

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Bins of fewer cells are not drawn: their share that is right is chance.
FEWEST_CELLS = 10


def plot_reliability(
    diagrams: Mapping[str, Mapping[str, Any]], columns: int = 4
) -> 'Figure':
    """Draw how often a model is right against how sure it is.

    A well calibrated model lies on the diagonal; below it, it is surer than
    it should be. The area of a mark is the share of the cells that it stands
    for; bins of fewer than ``FEWEST_CELLS`` are left out of the drawing, but
    not out of the calibration error (ECE) beside it.

    Args:
        diagrams (Mapping): A name (attribute or cell type) to its series,
            each a label such as ``'before'`` and its
            :class:`~daffnet_mm.evaluation.functional.ReliabilityBins`.
        columns (int): Panels side by side. Defaults to 4.

    Returns:
        Figure: A figure with one panel per name.
    """
    titles = [name.replace('_', ' ') for name in diagrams]
    figure, axes = panel_grid(titles, columns, 3.2, 3.3)
    for ax, series in zip(axes, diagrams.values(), strict=True):
        ax.plot([0, 1], [0, 1], color='grey', linewidth=0.8, linestyle=':')
        lowest = 0.95
        for label, bins in series.items():
            some = bins.count >= FEWEST_CELLS
            share = bins.count[some] / bins.count.sum()
            x, y = bins.confidence[some], bins.accuracy[some]
            (line,) = ax.plot(
                x,
                y,
                label=f'{label}: ECE {rounded_up(100 * bins.error, 2)} %',
                linewidth=1,
            )
            # Rare bins stay visible
            ax.scatter(
                x, y, s=8 + 150 * share, color=line.get_color(), alpha=0.5
            )
            lowest = min([lowest, *x, *y])
        low = math.floor(20 * lowest) / 20
        margin = (1 - low) / 40
        limits = (low - margin, 1 + margin)
        ax.set(
            xlim=limits,
            ylim=limits,
            xlabel='probability of the predicted value',
            ylabel='share that is right',
        )
        ax.legend(fontsize=8, loc='upper left')
    return figure
