"""DAFFNet and its relatives for MMPretrain.

Importing the package is all that a config needs
(``custom_imports = dict(imports=['daffnet_mm'])``): it checks the environment,
makes checkpoints safe to load, registers every component and makes the
models and configs known by their names.
"""

import sys
from contextlib import redirect_stdout

from daffnet_lite.version import __version__

from .utils.compatibility import check_environment

check_environment()

# onedl-mmpretrain prints a line while it is imported; standard output is for
# results, such as the table of `daffnet predict`.
with redirect_stdout(sys.stderr):
    from . import (
        datasets,
        engine,
        errors,
        evaluation,
        models,
        openmmlab,
        registry,
        visualization,
    )
    from .checkpoints import protect_loading

protect_loading()
openmmlab.resolve_own_addresses()
openmmlab.list_own_models()

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'errors',
    'evaluation',
    'models',
    'openmmlab',
    'registry',
    'visualization',
]
