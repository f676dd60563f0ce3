"""From tables to trainings: every run once, with its config and folder."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmengine import Config
from mmpretrain.registry import DATASETS as DATASET_TYPES

from daffnet_mm.errors import InputError

from .folds import fold_file, set_fold, write_folds
from .map_experiments import (
    labelled_part,
    replace_labelled_part,
    set_epochs,
    set_image_size,
)
from .matrix import Table
from .methods import (
    EPOCHS,
    IMAGE_SIZE,
    MAP_METHODS,
    WITH_ATTRIBUTES,
    contents,
    fit_network,
    recipe,
)
from .training_steps import keep_config, move_label_files

#: The MAP that is trained for the rows that have one inside, by scale.
DEFAULT_MAP = {'full': 'map/dsl-ssl', 'tiny': 'map/dsl'}
#: The MAP that labels for a semi-supervised one.
_TEACHERS = {'map/dsl-ssl': 'map/dsl', 'map/ssl': 'map/plain'}


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        dataset (str): A key of ``DATASETS``.
        method (str): A key of ``list_methods``.
        seed (int): Seed of the training.
        fold (int, optional): The fold that is tested on. Defaults to None:
            the split file's test part.
    """

    dataset: str
    method: str
    seed: int
    fold: int | None = None

    @property
    def name(self) -> str:
        """The name of the run's folder, below that of all runs."""
        fold = '' if self.fold is None else f'_fold{self.fold}'
        method = self.method.replace('/', '.')
        return f'{self.dataset}/{method}/seed{self.seed}{fold}'


@dataclass
class Settings:
    """What all runs have in common.

    Attributes:
        configs (Path): The project's folder of configs.
        tools (Path): The folder of the command line tools.
        out_dir (Path): The folder for everything.
        scale (str): ``'full'``, or ``'tiny'`` for CPUs.
        k_fold (int, optional): Number of folds. Defaults to None: one split.
        image_size (int, optional): Size of the images in pixels. Defaults to
            None: the scale's.
        epochs (int, optional): Epochs of each training. Defaults to None: the
            scale's.
        fraction (float, optional): Share of each class's training images.
            Defaults to None: the scale's.
        map_method (str, optional): The MAP to train for the rows that have
            one inside, or a checkpoint. Defaults to None: the scale's.
        cfg_options (Mapping): Further settings of all configs. Defaults to
            none.
    """

    configs: Path
    tools: Path
    out_dir: Path
    scale: str = 'full'
    k_fold: int | None = None
    image_size: int | None = None
    epochs: int | None = None
    fraction: float | None = None
    map_method: str | None = None
    cfg_options: Mapping = field(default_factory=dict)

    @property
    def splits(self) -> Path:
        """The folder of the folds' split files."""
        return self.out_dir / 'splits'


class Plan:
    """The trainings of some tables.

    Methods with the same config are trained once, and what a training needs
    (a MAP, or the MAP that labels for it) comes before it.

    Args:
        settings (Settings): What all runs have in common.
        tables (Sequence[Table]): The tables.
        seeds (Sequence[int]): The seeds of every method.

    Attributes:
        configs (dict[Run, Config]): The runs, in order, and their configs.
        needs (dict[Run, Run]): The run whose checkpoint a run needs.
        files (dict[Run, Path]): The configs as files, once prepared.

    Raises:
        InputError: If something is asked for that there is not.
    """

    def __init__(
        self, settings: Settings, tables: Sequence[Table], seeds: Sequence[int]
    ) -> None:
        self.settings = settings
        self.tables = list(tables)
        self.seeds = list(dict.fromkeys(seeds))
        self.configs: dict[Run, Config] = {}
        self.needs: dict[Run, Run] = {}
        self.files: dict[Run, Path] = {}
        self._same: dict[Run, Run] = {}
        self._by_contents: dict[tuple, Run] = {}
        self._loaded: dict[tuple, Config] = {}
        if settings.scale not in DEFAULT_MAP:
            raise InputError(
                f'there is no scale {settings.scale!r}; there '
                f'are {" and ".join(DEFAULT_MAP)}'
            )
        for seed in self.seeds:
            for table in self.tables:
                for section in table.sections:
                    for method in section.methods:
                        for fold in self.folds:
                            self._add(Run(section.dataset, method, seed, fold))

    @property
    def folds(self) -> list[int | None]:
        """What is tested on: every fold, or the one test part."""
        k = self.settings.k_fold
        return [None] if k is None else list(range(k))

    def folder(self, run: Run) -> Path:
        """The folder of a run, also of one that is the same as another."""
        run = self._same.get(run, run)
        return self.settings.out_dir / 'runs' / run.name

    def runs_of(self, dataset: str, method: str) -> list[Run]:
        """The runs of a row, each the one that is trained."""
        asked = [
            Run(dataset, method, seed, fold)
            for seed in self.seeds
            for fold in self.folds
        ]
        return [self._same.get(run, run) for run in asked]

    def prepare(self) -> None:
        """Find what is missing or does not fit, before the first training.

        Writes the folds' split files and the configs of all runs.

        Raises:
            InputError: If data are missing, or the folder holds a run of
                other settings.
        """
        first = {}
        for run, cfg in self.configs.items():
            first.setdefault(run.dataset, cfg)
        if self.settings.k_fold is not None:
            for dataset, cfg in first.items():
                write_folds(
                    cfg, self.settings.splits, dataset, self.settings.k_fold
                )
        for cfg in first.values():
            DATASET_TYPES.build(copy.deepcopy(cfg.test_dataloader.dataset))
        # Those that are there first, so that a folder of other settings stays
        # as it was.
        for run in sorted(
            self.configs, key=lambda r: not self.folder(r).is_dir()
        ):
            self.files[run] = keep_config(self.configs[run], self.folder(run))

    def _add(self, run: Run) -> Run:
        if run in self.configs or run in self._same:
            return self._same.get(run, run)
        cfg = self._config(run)
        needed = self._needed(run, cfg)
        # The same config, seed and data are the same training.
        key = (run.dataset, run.method in MAP_METHODS, contents(cfg))
        if key in self._by_contents:
            self._same[run] = self._by_contents[key]
            return self._same[run]
        self._by_contents[key] = run
        self.configs[run] = cfg
        if needed is not None:
            self.needs[run] = needed
        return run

    def _config(self, run: Run) -> Config:
        settings = self.settings
        key = (run.dataset, run.method)
        if key not in self._loaded:
            self._loaded[key] = self._load(run.method, run.dataset)
        loaded = self._loaded[key]
        cfg = Config(copy.deepcopy(loaded._cfg_dict), filename=loaded.filename)
        cfg.randomness['seed'] = run.seed
        if run.fold is not None:
            set_fold(
                cfg,
                fold_file(
                    settings.splits, run.dataset, run.fold, settings.k_fold
                ),
            )
        if settings.fraction not in (None, 1):
            _take_fraction(cfg, settings.fraction)
        return cfg

    def _load(self, method: str, dataset: str) -> Config:
        settings = self.settings
        cfg = recipe(settings.configs, method, dataset, settings.scale).load()
        image_size, epochs = settings.image_size, settings.epochs
        if settings.scale == 'tiny':
            image_size, epochs = image_size or IMAGE_SIZE, epochs or EPOCHS
            fit_network(cfg, image_size)
        if image_size is not None:
            set_image_size(cfg, image_size)
        if epochs is not None:
            set_epochs(cfg, epochs)
        if settings.cfg_options:
            cfg.merge_from_dict(copy.deepcopy(dict(settings.cfg_options)))
        # Tuples and lists are the same in the file that is kept.
        return Config(
            json.loads(json.dumps(cfg._cfg_dict.to_dict())),
            filename=cfg.filename,
        )

    def _needed(self, run: Run, cfg: Config) -> Run | None:
        """Plan what has to be trained before, and tell the config of it."""
        if run.method in _TEACHERS:
            move_label_files(cfg, self.folder(run) / 'pseudo_labels')
            return self._add(
                Run(run.dataset, _TEACHERS[run.method], run.seed, run.fold)
            )
        if (cfg.model.get('neck') or {}).get('type') != 'MFE':
            return None
        chosen = self.settings.map_method or DEFAULT_MAP[self.settings.scale]
        if chosen in MAP_METHODS:
            dataset = 'synthetic' if run.dataset == 'synthetic' else 'wbcatt'
            fold = run.fold if run.dataset in WITH_ATTRIBUTES else None
            needed = self._add(Run(dataset, chosen, run.seed, fold))
            checkpoint = self.folder(needed) / 'best.pth'
        else:
            needed, checkpoint = None, Path(chosen).resolve()
            if not checkpoint.is_file():
                raise InputError(
                    f'there is no MAP {chosen}: name a checkpoint, or one of '
                    f'{", ".join(MAP_METHODS)} to train it'
                )
        cfg.model.neck.predictor['init_cfg'] = dict(
            type='Pretrained', checkpoint=str(checkpoint)
        )
        return needed


def _take_fraction(cfg: Config, fraction: float) -> None:
    """Train on a share of each class, the same for every run."""
    if not 0 < fraction <= 1:
        raise InputError(
            'the share of the training images must be above 0 '
            f'and at most 1, but is {fraction:g}'
        )
    # What is pseudo-labelled stays whole.
    replace_labelled_part(
        cfg,
        dict(
            type='StratifiedSubset',
            fraction=fraction,
            dataset=labelled_part(cfg),
        ),
    )
