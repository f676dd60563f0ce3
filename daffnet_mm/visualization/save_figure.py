from pathlib import Path
from typing import TYPE_CHECKING

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: 'Figure', path: str | Path, dpi: int = 150) -> None:
    """Write a figure, whole or not at all.

    Args:
        figure (Figure): The figure.
        path (str | Path): The file. Its ending names the format; without one
            it is a PNG.
        dpi (int): Dots per inch. Defaults to 150.

    Raises:
        InputError: If there is no such format.
    """
    kind = Path(path).suffix[1:].lower() or 'png'
    known = figure.canvas.get_supported_filetypes()
    if kind not in known:
        raise InputError(
            f'{path} names no format of figures: let it end in one of '
            f'{", ".join(sorted(known))}'
        )
    with atomic_write(path, 'wb') as file:
        figure.savefig(file, format=kind, dpi=dpi)
