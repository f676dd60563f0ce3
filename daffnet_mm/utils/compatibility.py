"""Say in one sentence what the environment lacks, before anything fails.

MMPretrain, MMEngine and mmcv exist in two lines that install under the same
import names: OpenMMLab's own (``mmpretrain``, ``mmengine``, ``mmcv`` or
``mmcv-lite``) and the maintained forks (``onedl-*``). Either will do. They are
therefore checked by what imports, not by what is called how on PyPI, and the
command in the sentence stays within the line that is installed.
"""

import os
import re
from importlib import import_module, metadata
from typing import NamedTuple

from daffnet_lite.errors import InputError


class UnfitEnvironmentError(ImportError, InputError):
    """Something that the package needs is missing, broken or too old."""


class Requirement(NamedTuple):
    """A package that must be there.

    Args:
        module (str): The import name.
        title (str): The name in sentences.
        distributions (tuple[str]): What brings it, by pip's names; those of
            the forks start with ``onedl-``.
        at_least (tuple[int, int]): The lowest version, major and minor.
        below (tuple[int, int]): The first version that is too new.
    """

    module: str
    title: str
    distributions: tuple[str, ...]
    at_least: tuple[int, int]
    below: tuple[int, int]


# Below torch 2.6 a checkpoint can run code in spite of `weights_only`
# (CVE-2025-32434). The order is that of the imports: each package needs those
# above it.
REQUIREMENTS = (
    Requirement('torch', 'PyTorch', ('torch',), (2, 6), (3, 0)),
    Requirement(
        'torchvision', 'torchvision', ('torchvision',), (0, 21), (1, 0)
    ),
    Requirement(
        'mmengine',
        'MMEngine',
        ('mmengine', 'onedl-mmengine'),
        (0, 10),
        (0, 11),
    ),
    Requirement(
        'mmcv', 'mmcv', ('mmcv-lite', 'mmcv', 'onedl-mmcv'), (2, 0), (3, 0)
    ),
    Requirement(
        'mmpretrain',
        'MMPretrain',
        ('mmpretrain', 'onedl-mmpretrain'),
        (1, 2),
        (2, 0),
    ),
)


def check_environment(
    requirements: tuple[Requirement, ...] = REQUIREMENTS,
) -> None:
    """Import every requirement and compare its version.

    Args:
        requirements (tuple[Requirement]): What to check, in this order.

    Raises:
        UnfitEnvironmentError: With one sentence: what is missing, broken, too
            old or too new, and the command that mends it.
    """
    _check_weights_only()
    for requirement in requirements:
        _check(requirement)


def _check_weights_only() -> None:
    name = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
    if os.environ.get(name, '0').lower() in ('1', 'y', 'yes', 'true'):
        raise UnfitEnvironmentError(
            f'The environment variable {name} is set, which lets a checkpoint '
            f"run code: run `unset {name}`, for daffnet_mm reads MMEngine's "
            'checkpoints without it.'
        )


def _check(requirement: Requirement) -> None:
    title = requirement.title
    wanted, command = _versions(requirement), _pip_install(requirement)
    try:
        module = import_module(requirement.module)
    # A package of a wrong version fails to import with any kind of error.
    except Exception as error:
        if getattr(error, 'name', None) == requirement.module:
            what = f'needs {title} {wanted}, which is not installed'
        elif 'torchvision::' in str(error):
            what = (
                'needs a torchvision built for the installed torch, but '
                f'torchvision {_installed_version("torchvision")} and torch '
                f'{_installed_version("torch")} do not fit'
            )
            command = 'pip install --force-reinstall torch torchvision'
        else:
            reason = ' '.join(str(error).split())
            what = (
                f'needs {title} {wanted}, but the installed one does not '
                f'import ({type(error).__name__}: {reason})'
            )
        raise UnfitEnvironmentError(
            f'daffnet_mm {what}: run `{command}`.'
        ) from error

    version = str(getattr(module, '__version__', '0.0'))
    numbers = tuple(int(part) for part in re.findall(r'\d+', version)[:2])
    if not requirement.at_least <= numbers < requirement.below:
        raise UnfitEnvironmentError(
            f'daffnet_mm needs {title} {wanted}, but {version} is installed: '
            f'run `{command}`.'
        )


def _versions(requirement: Requirement) -> str:
    least, below = requirement.at_least, requirement.below
    return f'>={least[0]}.{least[1]},<{below[0]}.{below[1]}'


def _pip_install(requirement: Requirement) -> str:
    """The command that mends a requirement within the installed line."""
    names = requirement.distributions
    here = [name for name in names if _installed_version(name)]
    if not here:
        onedl = any(
            _installed_version(name)
            for other in REQUIREMENTS
            for name in other.distributions
            if name.startswith('onedl-')
        )
        here = [name for name in names if name.startswith('onedl-') == onedl]
    name = (here or names)[0]
    return f'pip install "{name}{_versions(requirement)}"'


def _installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
