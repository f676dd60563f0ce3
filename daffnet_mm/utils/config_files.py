import copy
from collections.abc import Mapping
from pathlib import Path

from mmengine import Config
from mmengine.registry import init_default_scope
from yaml import YAMLError

from daffnet_lite.errors import InputError


def load_config(
    path: str | Path, cfg_options: Mapping | None = None
) -> Config:
    """Read a config, and make its scope that of the registries.

    Args:
        path (str | Path): The config.
        cfg_options (Mapping, optional): Settings that override its own, by
            names such as ``'model.head.num_classes'``. Defaults to None.

    Returns:
        Config: The config.

    Raises:
        FileNotFoundError: If there is no such config.
        InputError: If it is no config, or the settings do not fit it.
    """
    try:
        cfg = Config.fromfile(path)
    except FileNotFoundError:
        raise
    except (SyntaxError, OSError, ValueError, YAMLError) as error:
        raise InputError(
            f'config {path} cannot be read: {" ".join(str(error).split())}'
        ) from error
    merge_options(cfg, cfg_options or {})
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    return cfg


def merge_options(cfg: Config, cfg_options: Mapping) -> None:
    """Override settings of a config.

    Args:
        cfg (Config): The config, changed in place.
        cfg_options (Mapping): The settings, by their names with dots.

    Raises:
        InputError: If they do not fit.
    """
    try:
        # Merging changes what is merged.
        cfg.merge_from_dict(copy.deepcopy(dict(cfg_options)))
    except (KeyError, TypeError) as error:
        raise InputError(
            f'--cfg-options do not fit {cfg.filename}: {error.args[0]}'
        ) from error
