import json
import os
from pathlib import Path
from typing import Any

from daffnet_lite.errors import InputError

from .regular_files import read_regular


def read_json(path: str | os.PathLike[str], title: str | None = None) -> Any:
    """Read data from a JSON file, and nothing but data.

    Not for configs: MMEngine takes what it loads for one, and follows its
    ``_base_`` into a Python file.

    Args:
        path (str | Path): The file, in any of the encodings of Unicode.
        title (str, optional): What the messages call it. Defaults to None:
            its path.

    Returns:
        Any: What it holds.

    Raises:
        InputError: If there is no such file, or it is no JSON.
    """
    title = title or str(path)
    try:
        return json.loads(read_regular(Path(path)))
    except FileNotFoundError as e:
        raise InputError(f'{title} does not exist') from e
    except OSError as e:
        raise InputError(f'{title} cannot be read ({e.strerror})') from e
    except json.JSONDecodeError as e:
        raise InputError(
            f'{title}, line {e.lineno}, column {e.colno}: no valid JSON '
            f'({e.msg}); make it again'
        ) from e
    except (UnicodeDecodeError, RecursionError) as e:
        raise InputError(f'{title} is no valid JSON; make it again') from e
