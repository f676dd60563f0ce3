from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_training_curves(
    runs: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    keys: Sequence[str],
    columns: int = 2,
) -> 'Figure':
    """Draw what trainings logged against their epochs.

    As Chen et al.'s Figs. 6, 8 and 9: a panel for each key, a line for each
    training. The legend says the best value and its epoch; the best loss is
    the lowest, the best of anything else the highest.

    Args:
        runs (Mapping): A training's name to its logs, each a key to the epochs
            and the values (two sequences of one length). A key that a
            training did not log is left out of its panel.
        keys (Sequence[str]): The keys to draw.
        columns (int): Panels side by side. Defaults to 2.

    Returns:
        Figure: A figure with one panel per key.
    """
    figure, axes = panel_grid(len(keys), columns, 5.2, 3.6)
    for ax, key in zip(axes, keys, strict=True):
        best = min if 'loss' in key else max
        for name, log in runs.items():
            if key not in log:
                continue
            epochs, values = log[key]
            value, epoch = best(
                zip(values, epochs, strict=True), key=lambda pair: pair[0]
            )
            ax.plot(
                epochs,
                values,
                label=f'{name}: {value:.4g} (epoch {epoch:g})',
                linewidth=1.2,
                marker='.' if len(epochs) < 30 else None,
            )
        ax.set_title(key, fontweight='bold', fontsize=10)
        ax.set_xlabel('epoch')
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    return figure
