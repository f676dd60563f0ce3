"""Where the files lie that the package brings along."""

from pathlib import Path

from daffnet_lite.errors import InputError

#: `daffnet_mm`, to which the names of these files are relative.
PACKAGE = Path(__file__).resolve().parents[1] / 'daffnet_mm'

#: The model that comes with the package.
SHIPPED_CONFIG = '.mim/configs/daffnet/daffnet-lite_laboratories.py'
SHIPPED_WEIGHTS = 'weights/daffnet-lite_laboratories.pth'


def shipped_file(name: str) -> str:
    """Find a file that comes with the package.

    Args:
        name (str): The file, relative to ``daffnet_mm``.

    Returns:
        str: Its path.

    Raises:
        InputError: If the installation lacks it.
    """
    # A source tree that was not installed has its configs beside the package.
    places = (PACKAGE / name, PACKAGE.parent / name.removeprefix('.mim/'))
    for place in places:
        if place.is_file():
            return str(place)
    raise InputError(
        f'{places[0]} does not exist: name a config and a '
        'checkpoint, or install a daffnet-mm that brings them'
    )
