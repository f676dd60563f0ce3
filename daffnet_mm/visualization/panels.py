from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def panel_grid(
    titles: Collection[str], columns: int, width: float, height: float
) -> 'tuple[Figure, list[Axes]]':
    """Make a figure of equal panels, row by row.

    It is made without ``matplotlib.pyplot``: it needs no display and leaves
    no global state. Matplotlib itself is imported when the first figure is
    made.

    Args:
        titles (Collection[str]): A heading for each panel.
        columns (int): Panels side by side, at most.
        width (float): Width of a panel in inches.
        height (float): Height of a panel in inches.

    Returns:
        tuple[Figure, list[Axes]]: The figure and its panels. What is left of
        the last row is blank.
    """
    from matplotlib.figure import Figure

    columns = min(columns, len(titles))
    rows = -(-len(titles) // columns)
    figure = Figure(
        figsize=(width * columns, height * rows), layout='constrained'
    )
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for ax, title in zip(axes, titles, strict=False):
        ax.set_title(title, fontweight='bold', fontsize=10)
    for ax in axes[len(titles) :]:
        ax.set_axis_off()
    return figure, axes[: len(titles)]
