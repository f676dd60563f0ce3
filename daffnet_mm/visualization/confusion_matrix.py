import math

import numpy as np

#: The paper's figures are blue too, and black text reads on its light half.
COLOUR_MAP = 'Blues'


def plot_confusion_matrix(matrix, labels, ax=None, title=None, percent=True):
    """Draw a confusion matrix, as in DAFFNet's Fig. 6.

    Each cell shows its count and is shaded by its share of the row, so that
    rare classes are as readable as common ones. The figure is made without
    ``matplotlib.pyplot``: it needs no display and leaves no global state.

    Args:
        matrix (np.ndarray): Counts, shape (K, K); rows are true classes,
            columns predicted ones.
        labels (Sequence[str]): The names of the K classes.
        ax (matplotlib.axes.Axes, optional): Where to draw. Defaults to None,
            a new figure that fits the number of classes.
        title (str, optional): The heading. Defaults to None.
        percent (bool): Whether to write the share of the row below each
            count that is not 0. Defaults to True.

    Returns:
        matplotlib.figure.Figure: The figure that was drawn on; save it with
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
    if ax is None:
        from matplotlib.figure import Figure

        side = max(4.0, 1.8 + 0.8 * len(labels))
        figure = Figure(figsize=(side + 0.6, side), layout='constrained')
        ax = figure.add_subplot()
        image = _draw(ax, matrix, labels, percent)
        _add_scale(figure, image, ax=ax)
    else:
        _draw(ax, matrix, labels, percent)
        figure = ax.figure
    if title is not None:
        ax.set_title(title)
    return figure


def plot_attribute_confusions(matrices, columns=4):
    """Draw the confusion matrices of all attributes, as in DAFFNet's Fig. 7.

    Args:
        matrices (dict): Attribute names to the labels (Sequence[str]) and the
            counts (np.ndarray of shape (K, K), rows true, columns predicted).
        columns (int): Panels side by side. Defaults to 4.

    Returns:
        matplotlib.figure.Figure: A figure with one panel per attribute.
    """
    from matplotlib.figure import Figure

    columns = min(columns, len(matrices))
    rows = math.ceil(len(matrices) / columns)
    figure = Figure(figsize=(4.3 * columns, 4.0 * rows), layout='constrained')
    # inches: keeps a panel's title and 'true' off its neighbours' labels
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (name, (labels, matrix)) in zip(
        axes[: len(matrices)], matrices.items(), strict=True
    ):
        image = _draw(ax, np.asarray(matrix), labels, percent=False)
        ax.set_title(name.replace('_', ' '), fontweight='bold')
    for ax in axes[len(matrices) :]:
        ax.set_axis_off()
    _add_scale(figure, image, ax=list(axes), aspect=40)
    return figure


def _draw(ax, matrix, labels, percent):
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
    ax.set_xlabel('predicted')
    ax.set_ylabel('true')
    return image


def _add_scale(figure, image, **kwargs):
    figure.colorbar(
        image, label='share of the true class', fraction=0.05, **kwargs
    )
