from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: False positive rates, true positive rates and the area under the curve.
Curve = tuple[np.ndarray, np.ndarray, float]


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
    figure, axes = panel_grid(len(panels), columns, 4.6, 4.4)
    for ax, (title, panel) in zip(axes, panels.items(), strict=True):
        ax.plot([0, 1], [0, 1], color='grey', linewidth=0.8, linestyle=':')
        for name, (x, y, area) in roc_curves(*panel).items():
            average = name.endswith('average')
            ax.plot(
                x,
                y,
                label=f'{name}: {100 * area:.2f}',
                color='black' if average else None,
                linestyle='--' if name.startswith('micro') else '-',
                linewidth=1.2,
            )
        ax.set_title(title, fontweight='bold', fontsize=10)
        ax.set_xlabel('false positive rate')
        ax.set_ylabel('true positive rate')
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
