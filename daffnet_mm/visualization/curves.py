from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from daffnet_lite.utils.rounding import rounded_down

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Severity (None: untouched), accuracy and the two ends of its interval.
Point = tuple[float | None, float, float, float]

#: False positive rates, true positive rates and the area under the curve.
Curve = tuple[np.ndarray, np.ndarray, float]


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
    figure, axes = panel_grid(keys, columns, 5.2, 3.6)
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
        ax.set_xlabel('epoch')
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    return figure


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
    figure, axes = panel_grid(curves, columns, 4.4, 3.2)
    for ax, (unit, lines) in zip(axes, curves.values(), strict=True):
        for label, points in lines.items():
            # Evenly spaced, for qualities fall and factors grow.
            places = range(len(points))
            severities, accuracies, lows, highs = zip(*points, strict=True)
            (line,) = ax.plot(places, accuracies, marker='o', label=label)
            ax.fill_between(
                places, lows, highs, color=line.get_color(), alpha=0.15, lw=0
            )
            ax.set_xticks(
                places, ['none' if s is None else f'{s:g}' for s in severities]
            )
        ax.set(xlabel=unit, ylabel='accuracy (%)', ylim=(0, 102))
        ax.grid(alpha=0.3)
    axes[0].legend(fontsize=8, loc='lower left')
    return figure


def plot_roc(
    panels: Mapping[str, tuple[Sequence[str], np.ndarray, np.ndarray]],
    columns: int = 3,
) -> 'Figure':
    """Draw ROC curves, each class against the rest, and their averages.

    The micro average pools the decisions of all classes; the macro average is
    the mean of the classes' curves at each false positive rate. A class that
    no cell or every cell has, has no curve.

    Args:
        panels (Mapping): A title to the class names (Sequence[str]), the true
            classes (np.ndarray of int, shape (N, )) and the probabilities
            (np.ndarray of shape (N, K)).
        columns (int): Panels side by side. Defaults to 3.

    Returns:
        Figure: A figure with one panel per title; the
        legends give the areas in percent.
    """
    figure, axes = panel_grid(panels, columns, 4.6, 4.4)
    for ax, panel in zip(axes, panels.values(), strict=True):
        ax.plot([0, 1], [0, 1], color='grey', linewidth=0.8, linestyle=':')
        for name, (x, y, area) in roc_curves(*panel).items():
            average = name.endswith('average')
            ax.plot(
                x,
                y,
                label=f'{name}: {rounded_down(100 * area, 2)}',
                color='black' if average else None,
                linestyle='--' if name.startswith('micro') else '-',
                linewidth=1.2,
            )
        ax.set(xlabel='false positive rate', ylabel='true positive rate')
        ax.set_aspect('equal')
        ax.legend(fontsize=8, loc='lower right', title='AUC (%)')
    return figure


def roc_curves(
    classes: Sequence[str], true: np.ndarray, scores: np.ndarray
) -> dict[str, Curve]:
    """Compute the curves of :func:`plot_roc`.

    Args:
        classes (Sequence[str]): The K class names.
        true (np.ndarray): Class indices, int, shape (N, ).
        scores (np.ndarray): Probabilities, shape (N, K).

    Returns:
        dict[str, Curve]: The class, ``'macro average'`` or
        ``'micro average'`` to its curve.

    Raises:
        ValueError: If no class has a curve.
    """
    from sklearn.metrics import auc, roc_curve

    is_class = true[:, None] == np.arange(len(classes))
    drawn = [
        k for k in range(len(classes)) if 0 < is_class[:, k].sum() < len(true)
    ]
    if not drawn:
        raise ValueError('all cells are of one class: there is no ROC curve')
    curves = {}
    for k in drawn:
        x, y, _ = roc_curve(is_class[:, k], scores[:, k])
        curves[classes[k]] = x, y, auc(x, y)
    grid = np.unique(np.concatenate([x for x, _, _ in curves.values()]))
    mean = np.mean([np.interp(grid, x, y) for x, y, _ in curves.values()], 0)
    x, y, _ = roc_curve(is_class[:, drawn].ravel(), scores[:, drawn].ravel())
    # Where a curve rises upright, interpolation takes its upper end: exact is
    # the mean of the areas.
    area = np.mean([area for _, _, area in curves.values()])
    curves['macro average'] = np.r_[0, grid], np.r_[0, mean], area
    curves['micro average'] = x, y, auc(x, y)
    return curves
