"""Let a config inherit one of the package's by name, wherever it lies."""

import difflib
from pathlib import Path

from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE

from daffnet_lite.errors import InputError

SCOPE = 'daffnet_mm'


def resolve_own_addresses() -> None:
    """Make ``_base_ = 'daffnet_mm::daffnet/daffnet_pbc.py'`` known.

    MMEngine knows OpenMMLab's packages by a table. The table alone does not
    do: where the package is installed MMEngine asks ``pkg_resources``, which
    setuptools no longer has, and which does not know where an editable
    installation lies.
    """
    MODULE2PACKAGE[SCOPE] = SCOPE
    find_others = Config._get_cfg_path

    def find(cfg_path: str, filename: str) -> tuple[str, str | None]:
        package, mark, name = cfg_path.partition('::')
        if mark and package == SCOPE:
            return _find_own(name, filename), SCOPE
        return find_others(cfg_path, filename)

    Config._get_cfg_path = staticmethod(find)


def _find_own(name: str, asking: str) -> str:
    # The package's programs are many, and few ask.
    from daffnet_mm.apis.shipped_model import shipped_file

    configs = Path(shipped_file('.mim/model-index.yml')).parent / 'configs'
    if (configs / name).is_file():
        return str(configs / name)
    there = [
        path.relative_to(configs).as_posix() for path in configs.rglob('*.py')
    ]
    near = difflib.get_close_matches(name, there, 3)
    raise InputError(
        f'{asking} inherits {SCOPE}::{name}, but the package has no such '
        f'config; near are {", ".join(near) or "none"}'
    )
