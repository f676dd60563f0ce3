"""DAFFNet and its relatives for MMPretrain.

Importing the package is all that a config needs
(``custom_imports = dict(imports=['daffnet_mm'])``): it checks the environment,
makes checkpoints safe to load and registers every component.
"""

from .compatibility import check_environment

check_environment()

from . import (  # noqa: E402
    datasets,
    engine,
    evaluation,
    models,
    visualization,
)
from .engine.safe_checkpoint import load_weights_only  # noqa: E402
from .version import __version__  # noqa: E402

load_weights_only()

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'visualization',
]
