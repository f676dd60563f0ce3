"""Write the config of a run as the files it builds on and what differs."""

import keyword
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mmengine import Config

from .recipes import Recipe, resolve

_WIDTH = 79


def short_config(recipe: Recipe, cfg: Config) -> str:
    """Write a config that anyone can train again.

    Where the base files take values from environment variables, those of now
    are written down.

    Args:
        recipe (Recipe): What the config was made of.
        cfg (Config): The config, edited or not.

    Returns:
        str: The text of a file; loaded, it gives ``cfg``.

    Raises:
        ValueError: If a setting of the base files is missing in ``cfg``, for
            no config can take one back.
    """
    before = _without_variables(recipe.bases)
    changes = _difference(before, cfg.to_dict())
    if '_delete_' in changes:
        missing = sorted(before.keys() - cfg.keys())
        raise ValueError(f'{recipe.config} has lost {", ".join(missing)}')
    bases = [str(base) for base in recipe.bases]
    return ''.join(
        f'{name} = {_lay_out(value, len(name) + 3)}\n'
        for name, value in dict(_base_=bases, **changes).items()
    )


@cache
def _without_variables(bases: tuple[Path, ...]) -> dict:
    """What some files say where a variable's place differs from any value."""
    return resolve(bases, environment=False).to_dict()


def _difference(before: Mapping, after: Mapping) -> dict:
    """What has to be said over one dict for the other to come out."""
    if before.keys() - after.keys():
        return dict(_delete_=True, **after)
    changes = {}
    for key, value in after.items():
        if not isinstance(value, dict) or key not in before:
            # Tells apart what is equal but of another type, too.
            if key not in before or repr(before[key]) != repr(value):
                changes[key] = value
        elif not isinstance(before[key], dict):
            changes[key] = dict(_delete_=True, **value)
        elif inner := _difference(before[key], value):
            changes[key] = inner
    return changes


def _lay_out(value: Any, column: int, indent: int = 0) -> str:
    """Write a value as Python.

    Args:
        value (Any): The value.
        column (int): Where it starts.
        indent (int): How far the lines below it are indented.
    """
    if not isinstance(value, (dict, list, tuple)):
        return _literal(value)
    opening, closing, items = _parts(value)
    line = ', '.join(f'{name}{_lay_out(v, 0, -_WIDTH)}' for name, v in items)
    if isinstance(value, tuple) and len(items) == 1:
        line += ','
    line = f'{opening}{line}{closing}'
    # A comma may follow.
    if not items or column + len(line) < _WIDTH or indent < 0:
        return line
    inner = indent + 4
    lines = [
        f'{" " * inner}{name}{_lay_out(v, inner + len(name), inner)},\n'
        for name, v in items
    ]
    return f'{opening}\n{"".join(lines)}{" " * indent}{closing}'


def _parts(value: dict | list | tuple) -> tuple[str, str, list]:
    """How a collection begins and ends, and its items with their names."""
    if isinstance(value, dict):
        if all(_is_name(key) for key in value):
            return 'dict(', ')', [(f'{k}=', v) for k, v in value.items()]
        return '{', '}', [(f'{k!r}: ', v) for k, v in value.items()]
    opening, closing = '[]' if isinstance(value, list) else '()'
    return opening, closing, [('', item) for item in value]


def _is_name(key: Any) -> bool:
    return (
        isinstance(key, str)
        and key.isidentifier()
        and not keyword.iskeyword(key)
    )


def _literal(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    return repr(value)
