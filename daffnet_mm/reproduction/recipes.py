"""A config as its base files and what it says besides, to exchange the files.

So an experiment that a config describes is done on another dataset, or with
small networks on small images.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine import Config

from daffnet_lite.errors import InputError

#: The training of all small models.
_TINY_SCHEDULE = 'tiny_18e'
#: What a training at tiny scale takes from that file alone: nothing comes
#: from ImageNet there, so nothing is frozen.
_OF_THE_SCHEDULE = (
    'optim_wrapper',
    'param_scheduler',
    'train_cfg',
    'auto_scale_lr',
    'model_wrapper_cfg',
    'default_hooks',
)


@dataclass(frozen=True)
class Recipe:
    """A config in two parts.

    Attributes:
        config (Path): The file that it was read from.
        bases (tuple[Path]): The files that it builds on, absolute.
        text (str): What it says besides, as Python.
    """

    config: Path
    bases: tuple[Path, ...]
    text: str

    @classmethod
    def of_file(cls, config: Path) -> 'Recipe':
        """Take a config whole, whatever it is written like.

        Args:
            config (Path): The config.

        Returns:
            Recipe: One that builds on it and says nothing besides.
        """
        return cls(config, (config.resolve(),), '')

    def load(self) -> Config:
        """Resolve it.

        Returns:
            Config: The config, under the name of the file that it was read
            from.
        """
        cfg = resolve(self.bases, self.text)
        return Config(cfg._cfg_dict, filename=str(self.config))


def read_recipe(config: Path) -> Recipe:
    """Take a config apart, without running it.

    Its ``work_dir`` is left out: it is that of one experiment.

    Args:
        config (Path): A config that lists its base files as they are.

    Returns:
        Recipe: Its parts.
    """
    source = config.read_text(encoding='utf-8')
    bases: str | Sequence[str] = ()
    text = []
    for statement in ast.parse(source).body:
        name = _assigned(statement)
        if name == '_base_' and isinstance(statement, ast.Assign):
            bases = ast.literal_eval(statement.value)
        elif name != 'work_dir':
            text.append(ast.get_source_segment(source, statement) or '')
    if isinstance(bases, str):
        bases = [bases]
    folder = config.resolve().parent
    return Recipe(
        config,
        tuple((folder / base).resolve() for base in bases),
        '\n'.join(text),
    )


def on_dataset(recipe: Recipe, dataset: str) -> Recipe:
    """Do the same on another dataset.

    Args:
        recipe (Recipe): The recipe.
        dataset (str): The name of a release in ``_base_/datasets``.

    Returns:
        Recipe: The same with that release, taken in the same way.
    """

    def exchange(base: Path) -> Path:
        if base.parent.name != 'datasets':
            return base
        way = 'scam_' if base.stem.startswith('scam_') else ''
        return base.with_name(f'{way}{dataset}.py')

    return replace(recipe, bases=tuple(map(exchange, recipe.bases)))


def at_tiny_scale(recipe: Recipe) -> Recipe:
    """Do the same with small networks on small images.

    Data, splits, losses, mixup, samplers and the parts that an ablation is
    about stay.

    Args:
        recipe (Recipe): The recipe.

    Returns:
        Recipe: The same with the tiny counterpart of each base file.
    """

    def exchange(base: Path) -> Path:
        schedule = base.parent.name == 'schedules'
        return base.with_stem(
            _TINY_SCHEDULE if schedule else f'tiny_{base.stem}'
        )

    kept = [
        ast.get_source_segment(recipe.text, statement) or ''
        for statement in ast.parse(recipe.text).body
        if _assigned(statement) not in _OF_THE_SCHEDULE
    ]
    return replace(
        recipe,
        bases=tuple(map(exchange, recipe.bases)),
        text='\n'.join(kept),
    )


def check_bases(recipe: Recipe) -> None:
    """Find out whether all base files exist.

    Args:
        recipe (Recipe): The recipe.

    Raises:
        InputError: If one does not.
    """
    for base in recipe.bases:
        if not base.is_file():
            raise InputError(
                f'{recipe.config} in this way builds on {base}, which does '
                'not exist: write it beside the others'
            )


def resolve(
    bases: Sequence[Path], text: str = '', environment: bool = True
) -> Config:
    """Resolve what builds on some files.

    Args:
        bases (Sequence[Path]): The files.
        text (str): What is said besides. Defaults to nothing.
        environment (bool): Put the values of environment variables in their
            places, rather than leave the places as they are. Defaults to
            True.

    Returns:
        Config: The config.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / 'config.py'
        names = [str(base) for base in bases]
        path.write_text(f'_base_ = {names}\n{text}\n', encoding='utf-8')
        return Config.fromfile(path, use_environment_variables=environment)


def _assigned(statement: ast.stmt) -> str | None:
    """The name that a statement gives a value, if it is such a statement."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return target.id
    return None
