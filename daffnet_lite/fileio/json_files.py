"""JSON files: data, and nothing but data."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daffnet_lite.errors import InputError

from .atomic import atomic_write
from .names import valid_unicode
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


def write_json(path: str | os.PathLike[str], values: Any) -> None:
    """Write data as JSON that people can read too, whole or not at all.

    Args:
        path (str | Path): The file.
        values (Any): What :func:`plain_values` makes plain.
    """
    text = json.dumps(plain_values(values), indent=2, ensure_ascii=False)
    with atomic_write(path) as file:
        # Bytes that are not UTF-8 become escapes, which JSON's readers undo.
        file.write(f'{valid_unicode(text)}\n')


def plain_values(value: Any) -> Any:
    """Make of an answer or a measurement what JSON can hold.

    Args:
        value (Any): Mappings, sequences, arrays, numbers and text, one within
            the other.

    Returns:
        Any: Dicts, lists, Python's numbers and text. A number that is not
        finite, which JSON does not know, is None.
    """
    if isinstance(value, Mapping):
        return {key: plain_values(inner) for key, inner in value.items()}
    # NumPy's arrays and numbers.
    if hasattr(value, 'tolist'):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain_values(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
