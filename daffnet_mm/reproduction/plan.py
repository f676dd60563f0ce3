"""From tables to trainings: every run once, with its config and folder."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from mmengine import Config
from mmpretrain.registry import DATASETS as DATASET_TYPES

from daffnet_lite.errors import InputError
from daffnet_mm.preparation.make_splits import find_release
from daffnet_mm.utils.config_files import merge_options

from .config_edits import (
    add_foreign_data,
    labelled_part,
    set_epochs,
    set_fold,
    set_image_size,
    set_label_folder,
    set_labelled_share,
    set_official_split,
    set_semi_supervision,
)
from .folds import fold_file, release_of, write_folds
from .matrix import Table
from .methods import (
    EPOCHS,
    IMAGE_SIZE,
    LEFT_OUT,
    MAP_METHODS,
    TEACHERS,
    WITH_ATTRIBUTES,
    check_pair,
    contents,
    fit_network,
    recipe,
)
from .recipes import Recipe
from .training_steps import keep_config

#: The MAP that is trained for the rows that have one inside, by scale.
DEFAULT_MAP = {'full': 'map/dsl-ssl', 'tiny': 'map/dsl'}


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        dataset (str): A key of ``DATASETS`` or ``LEFT_OUT``.
        method (str): A key of ``list_methods``.
        seed (int): Seed of the training.
        fold (int, optional): The fold that is tested on. Defaults to None:
            the split file's test part.
        share (float): The share of the training images that keep their
            labels. Defaults to 1.
        round (int): How often a MAP has labelled for this one. Defaults to 1.
        folds_of (str, optional): The release that is laid in folds, where it
            is another: what is trained on this one is tested on that one.
            Defaults to None: this one's.
    """

    dataset: str
    method: str
    seed: int
    fold: int | None = None
    share: float = 1.0
    round: int = 1
    folds_of: str | None = None

    @property
    def name(self) -> str:
        """The name of the run's folder, below that of all runs."""
        name = f'{self.dataset}/{self.method.replace("/", ".")}/'
        name += f'seed{self.seed}'
        if self.fold is not None:
            name += f'_fold{self.fold}'
        if self.folds_of is not None:
            name += f'_of_{self.folds_of}'
        if self.share != 1:
            name += f'_share{self.share:g}'
        if self.round > 1:
            name += f'_round{self.round}'
        return name


@dataclass
class Settings:
    """What all runs have in common.

    Attributes:
        configs (Path): The project's folder of configs.
        tools (Path): The folder of the command line tools.
        out_dir (Path): The folder for everything.
        scale (str): ``'full'``, or ``'tiny'`` for CPUs.
        k_fold (int, optional): Number of folds. Defaults to None: one split.
        official_split (str, optional): Report WBCAtt's official ``'val'`` or
            ``'test'`` part; see :func:`set_official_split`. Defaults to None:
            the split file's test part.
        image_size (int, optional): Size of the images in pixels. Defaults to
            None: the scale's.
        epochs (int, optional): Epochs of each training. Defaults to None: the
            scale's.
        map_method (str, optional): The MAP to train for the rows that have
            one inside, or a checkpoint. Defaults to None: the scale's.
        foreign (Sequence[str]): Further data for semi-supervised MAPs:
            dataset configs, or folders with a folder a class. Defaults to
            none.
        pseudo (Mapping): Options of every ``PseudoLabelledDataset``. Defaults
            to none: the paper's.
        mean_teacher (int, optional): See :func:`set_semi_supervision`.
            Defaults to None: none.
        rounds (int): How often to label and train a semi-supervised MAP.
            Defaults to 1, as the paper.
        own_configs (Mapping[str, str]): Configs in the place of a method's.
            Defaults to none.
        cfg_options (Mapping): Further settings of all configs. Defaults to
            none.
    """

    configs: Path
    tools: Path
    out_dir: Path
    scale: str = 'full'
    k_fold: int | None = None
    official_split: str | None = None
    image_size: int | None = None
    epochs: int | None = None
    map_method: str | None = None
    foreign: Sequence[str] = ()
    pseudo: Mapping = field(default_factory=dict)
    mean_teacher: int | None = None
    rounds: int = 1
    own_configs: Mapping[str, str] = field(default_factory=dict)
    cfg_options: Mapping = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scale not in DEFAULT_MAP:
            raise InputError(
                f'there is no scale {self.scale!r}; there '
                f'are {" and ".join(DEFAULT_MAP)}'
            )
        if self.rounds < 1:
            raise InputError(
                f'the number of rounds is {self.rounds}, but must be 1 or more'
            )
        if self.k_fold is not None and self.official_split is not None:
            raise InputError(
                'folds are not drawn over an official split: leave out '
                '--k-fold or --official-split'
            )

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
        shares (Sequence[float]): The shares of the labelled training images.
            Defaults to all of them.

    Attributes:
        configs (dict[Run, Config]): The runs, in order, and their configs.
        needs (dict[Run, Run]): The run whose checkpoint a run needs.
        files (dict[Run, Path]): The configs as files, once prepared.

    Raises:
        InputError: If something is asked for that there is not.
    """

    def __init__(
        self,
        settings: Settings,
        tables: Sequence[Table],
        seeds: Sequence[int],
        shares: Sequence[float] = (1.0,),
    ) -> None:
        self.settings = settings
        self.tables = list(tables)
        self.seeds = list(dict.fromkeys(seeds))
        self.shares = sorted(set(shares))
        self.configs: dict[Run, Config] = {}
        self.needs: dict[Run, Run] = {}
        self.files: dict[Run, Path] = {}
        self._same: dict[Run, Run] = {}
        self._by_contents: dict[tuple, Run] = {}
        self._loaded: dict[tuple, tuple[Recipe, Config]] = {}
        self._releases: dict[str, dict] = {}
        for seed in self.seeds:
            for table in self.tables:
                for section in table.sections:
                    for method, share, fold in product(
                        section.methods, self.shares, self._folds
                    ):
                        self._add(
                            Run(
                                section.dataset,
                                method,
                                seed,
                                fold,
                                share,
                                self._rounds(method),
                            )
                        )
        self._check_what_is_asked_for()

    def _check_what_is_asked_for(self) -> None:
        sections = [part for table in self.tables for part in table.sections]
        left_out = [s.dataset for s in sections if s.dataset in LEFT_OUT]
        if left_out and len(self.shares) > 1:
            raise InputError(
                f'{left_out[0]}: the table of a laboratory that is left out '
                'has no place for several shares of the labels: run it with '
                'one, into a folder each'
            )
        methods = {run.method for run in (*self.configs, *self._same)}
        for method, config in self.settings.own_configs.items():
            if method not in methods:
                raise InputError(
                    f'{config} is given for {method}, which is not trained '
                    f'here; trained are {", ".join(sorted(methods))}'
                )

    @property
    def _folds(self) -> list[int | None]:
        """What is tested on: every fold, or the one test part."""
        k = self.settings.k_fold
        return [None] if k is None else list(range(k))

    def _rounds(self, method: str) -> int:
        return self.settings.rounds if method in TEACHERS else 1

    def folder(self, run: Run) -> Path:
        """The folder of a run, also of one that is the same as another."""
        run = self._same.get(run, run)
        return self.settings.out_dir / 'runs' / run.name

    def runs_of(
        self, dataset: str, method: str, share: float = 1.0
    ) -> dict[Run, Path]:
        """The runs of a row, each the one that is trained, and its folder."""
        asked = [
            Run(dataset, method, seed, fold, share, self._rounds(method))
            for seed in self.seeds
            for fold in self._folds
        ]
        return {self._same.get(run, run): self.folder(run) for run in asked}

    def teacher(self, run: Run) -> Path | None:
        """The checkpoint that labels for a semi-supervised run."""
        if run.method not in TEACHERS:
            return None
        return self.folder(self.needs[run]) / 'best.pth'

    def count_labelled(self, dataset: str, share: float) -> int:
        """Count the training images of a dataset that keep their labels."""
        cfg = next(
            cfg
            for run, cfg in self.configs.items()
            if (run.dataset, run.share) == (dataset, share)
        )
        labelled = labelled_part(cfg)
        if labelled['type'] == 'RepeatDataset':
            labelled = labelled['dataset']
        return len(DATASET_TYPES.build(copy.deepcopy(labelled)))

    def prepare(self) -> None:
        """Find what is missing or does not fit, before the first training.

        Writes the folds' split files and the configs of all runs.

        Raises:
            InputError: If data are missing, or the folder holds a run of
                other settings.
        """
        # Of a release some methods take whole images, others cells.
        first: dict[tuple[str, str], Config] = {}
        for run, cfg in self.configs.items():
            key = (run.dataset, release_of(cfg, run.dataset))
            first.setdefault(key, cfg)
        if self.settings.k_fold is not None:
            for name, release in self._releases.items():
                write_folds(
                    release, self.settings.splits, name, self.settings.k_fold
                )
        for cfg in first.values():
            DATASET_TYPES.build(copy.deepcopy(cfg.test_dataloader.dataset))
        # Those that are there first, so that a folder of other settings stays
        # as it was.
        for run in sorted(
            self.configs, key=lambda r: not self.folder(r).is_dir()
        ):
            found, _ = self._loaded[run.dataset, run.method]
            self.files[run] = keep_config(
                found, self.configs[run], self.folder(run)
            )

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
        loaded = self._loaded[key][1]
        cfg = Config(copy.deepcopy(loaded._cfg_dict), filename=loaded.filename)
        cfg.randomness['seed'] = run.seed
        if run.fold is not None and settings.k_fold is not None:
            laid = run.folds_of or release_of(cfg, run.dataset)
            if laid not in self._releases:
                self._releases[laid] = copy.deepcopy(find_release(cfg, 'test'))
            set_fold(
                cfg,
                fold_file(settings.splits, laid, run.fold, settings.k_fold),
                self._releases[laid],
            )
        if run.method in TEACHERS:
            for path in settings.foreign:
                add_foreign_data(cfg, path)
        set_labelled_share(cfg, run.share, run.seed)
        if run.method in TEACHERS:
            set_semi_supervision(cfg, settings.pseudo, settings.mean_teacher)
            set_label_folder(cfg, self.folder(run) / 'pseudo_labels')
        return cfg

    def _load(self, method: str, dataset: str) -> tuple[Recipe, Config]:
        """Load a config and make the changes that all runs have."""
        settings = self.settings
        if dataset in LEFT_OUT and (
            settings.k_fold or settings.official_split
        ):
            raise InputError(
                f'{dataset}: a laboratory that is left out is tested whole; '
                'leave out --k-fold and --official-split'
            )
        size, epochs = settings.image_size, settings.epochs
        own = settings.own_configs.get(method)
        if own is not None:
            check_pair(settings.configs, method, dataset, settings.scale)
            found = Recipe.of_file(Path(own))
            cfg = found.load()
        else:
            found = recipe(settings.configs, method, dataset, settings.scale)
            cfg = found.load()
            if settings.scale == 'tiny':
                size = IMAGE_SIZE if size is None else size
                epochs = EPOCHS if epochs is None else epochs
                fit_network(cfg, size)
        if size is not None:
            set_image_size(cfg, size)
        if epochs is not None:
            set_epochs(cfg, epochs)
        merge_options(cfg, settings.cfg_options)
        if settings.official_split is not None:
            set_official_split(cfg, settings.official_split)
        return found, cfg

    def _needed(self, run: Run, cfg: Config) -> Run | None:
        """Plan what has to be trained before, and tell the config of it."""
        if run.round > 1:
            return self._add(replace(run, round=run.round - 1))
        if run.method in TEACHERS:
            return self._add(replace(run, method=TEACHERS[run.method]))
        if (cfg.model.get('neck') or {}).get('type') != 'MFE':
            return None
        chosen = self.settings.map_method or DEFAULT_MAP[self.settings.scale]
        if chosen in MAP_METHODS:
            # One that labels other releases must not see the fold of the row
            # that is tested on; what is the same in all folds is one run.
            other = run.fold is not None and run.dataset not in WITH_ATTRIBUTES
            needed = self._add(
                replace(
                    run,
                    dataset='synthetic'
                    if run.dataset == 'synthetic'
                    else 'wbcatt',
                    method=chosen,
                    round=self._rounds(chosen),
                    folds_of=release_of(cfg, run.dataset) if other else None,
                )
            )
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
