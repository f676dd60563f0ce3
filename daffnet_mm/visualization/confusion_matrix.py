from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

#: The paper's figures are blue too, and black text reads on its light half.
COLOUR_MAP = 'Blues'


def plot_confusion_matrix(
    matrix: np.ndarray, labels: Sequence[str]
) -> 'Figure':
    """Draw a confusion matrix, as in DAFFNet's Fig. 6.

    Each cell shows its count and its share of the row, by which it is shaded,
    so that rare classes are as readable as common ones.

    Args:
        matrix (np.ndarray): Counts, shape (K, K); rows are true classes,
            columns predicted ones.
        labels (Sequence[str]): The names of the K classes.

    Returns:
        Figure: A figure that fits the number of classes; save it with
        ``figure.savefig(path)``.

    Raises:
        ValueError: If the matrix is not square or has not as many rows as
            there are labels.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(labels), len(labels)):
        raise ValueError(
            f'A confusion matrix of {len(labels)} labels has the shape '
            f'({len(labels)}, {len(labels)}), but got {matrix.shape}.'
        )
    side = max(4.0, 1.8 + 0.8 * len(labels))
    figure, axes = panel_grid([''], 1, side + 0.6, side)
    _add_scale(figure, _draw(axes[0], matrix, labels, percent=True))
    return figure


def plot_attribute_confusions(
    matrices: Mapping[str, tuple[Sequence[str], np.ndarray]], columns: int = 4
) -> 'Figure':
    """Draw the confusion matrices of all attributes, as in DAFFNet's Fig. 7.

    Args:
        matrices (Mapping): Attribute names to the labels (Sequence[str]) and
            the counts (np.ndarray of shape (K, K), rows true, columns
            predicted).
        columns (int): Panels side by side. Defaults to 4.

    Returns:
        Figure: A figure with one panel per attribute.
    """
    titles = [name.replace('_', ' ') for name in matrices]
    figure, axes = panel_grid(titles, columns, 4.3, 4.0)
    # inches: keeps a panel's title and 'true' off its neighbours' labels
    figure.set_layout_engine('constrained', w_pad=0.12, h_pad=0.12)
    for ax, (labels, matrix) in zip(axes, matrices.values(), strict=True):
        image = _draw(ax, np.asarray(matrix), labels, percent=False)
    _add_scale(figure, image, aspect=40)
    return figure


def _draw(
    ax: 'Axes', matrix: np.ndarray, labels: Sequence[str], percent: bool
) -> 'AxesImage':
    totals = matrix.sum(axis=1, keepdims=True)
    share = matrix / np.maximum(totals, 1)
    image = ax.imshow(share, cmap=COLOUR_MAP, vmin=0, vmax=1)

    size = 10 if len(labels) <= 3 else 8
    for row, column in np.ndindex(matrix.shape):
        count = matrix[row, column]
        text = f'{count}'
        if percent and count:
            text += f'\n{100 * share[row, column]:.1f} %'
        ax.text(
            column,
            row,
            text,
            ha='center',
            va='center',
            fontsize=size,
            color='white' if share[row, column] > 0.5 else 'black',
        )

    ticks = range(len(labels))
    slanted = len(labels) > 2
    ax.set_xticks(
        ticks,
        labels,
        fontsize=9,
        rotation=40 if slanted else 0,
        ha='right' if slanted else 'center',
        rotation_mode='anchor',
    )
    ax.set_yticks(ticks, labels, fontsize=9)
    ax.set(xlabel='predicted', ylabel='true')
    return image


def _add_scale(figure: 'Figure', image: 'AxesImage', **kwargs: Any) -> None:
    figure.colorbar(
        image,
        ax=figure.axes,
        label='share of the true class',
        fraction=0.05,
        **kwargs,
    )
