"""Plan and run DAFFNet's Table 6: MAP under several training strategies."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from mmengine import Config

from daffnet_mm.apis.pseudo_labelling import pseudo_labelled_datasets
from daffnet_mm.errors import InputError
from daffnet_mm.structures.class_names import ALIASES, canonical_class
from daffnet_mm.utils.dataset_configs import innermost

from .training_steps import StepFailedError, retrain, train

#: Strategies, in the order of Table 6, each with the one whose MAP labels for
#: it. The paper's rows are the first three.
TEACHERS = {'plain': None, 'dsl': None, 'dsl-ssl': 'dsl', 'ssl': 'plain'}

#: The config of each strategy, below configs/daffnet, by scale.
SCALES = {
    'full': {
        'plain': 'map_plain',
        'dsl': 'map_wbcatt',
        'dsl-ssl': 'map_ssl',
        'ssl': 'map_plain-ssl',
    },
    'tiny': {
        'plain': 'map-tiny_plain',
        'dsl': 'map-tiny_wbcatt',
        'dsl-ssl': 'map-tiny_ssl',
        'ssl': 'map-tiny_plain-ssl',
    },
    'synthetic': {
        'plain': 'map-tiny_synthetic-plain',
        'dsl': 'map-tiny_synthetic',
        'dsl-ssl': 'map-tiny_synthetic-ssl',
        'ssl': 'map-tiny_synthetic-plain-ssl',
    },
}

_PARTS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@dataclass(frozen=True)
class Run:
    """One strategy with one share of the labels and one seed.

    Args:
        strategy (str): A key of ``TEACHERS``.
        percent (float): The share of the labelled images that keep their
            attributes.
        seed (int): Seed of the training and of the share.
    """

    strategy: str
    percent: float
    seed: int

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return f'{self.strategy}_{self.percent:g}percent_seed{self.seed}'


@dataclass
class Outcome:
    """How a run ended.

    Args:
        folder (Path): Where its evaluation lies.
        error (str, optional): Why it failed. Defaults to None: it did not.
    """

    folder: Path
    error: str | None = None


@dataclass
class Settings:
    """What all runs of an experiment have in common.

    Args:
        configs (Mapping[str, Path]): The config of each strategy.
        out_dir (Path): The folder for everything.
        tools (Path): The folder of the command line tools.
        image_size (int, optional): Size of the crops in pixels. Defaults to
            None: the configs' own.
        epochs (int, optional): Epochs of each training. Defaults to None: the
            configs' own.
        official_part (str, optional): Report WBCAtt's official ``'val'`` or
            ``'test'`` part; see :func:`set_official_split`. Defaults to None:
            the split file's test part.
        foreign (Sequence[str]): Further data without attributes: dataset
            configs, or folders with a folder a class. Defaults to none.
        pseudo (Mapping): Options of every ``PseudoLabelledDataset``. Defaults
            to none: the paper's.
        mean_teacher (int, optional): See :func:`set_semi_supervision`.
            Defaults to None: none.
        rounds (int): How often to label and train anew. Defaults to 1.
        cfg_options (Mapping): Further settings of all configs. Defaults to
            none.
    """

    configs: Mapping[str, Path]
    out_dir: Path
    tools: Path
    image_size: int | None = None
    epochs: int | None = None
    official_part: str | None = None
    foreign: Sequence[str] = ()
    pseudo: Mapping = field(default_factory=dict)
    mean_teacher: int | None = None
    rounds: int = 1
    cfg_options: Mapping = field(default_factory=dict)

    def config(self, run: Run) -> Config:
        """Build the config of a run."""
        cfg = Config.fromfile(self.configs[run.strategy])
        if self.cfg_options:
            cfg.merge_from_dict(copy.deepcopy(dict(self.cfg_options)))
        if self.official_part is not None:
            set_official_split(cfg, self.official_part)
        if self.image_size is not None:
            set_image_size(cfg, self.image_size)
        if self.epochs is not None:
            set_epochs(cfg, self.epochs)
        cfg.randomness['seed'] = run.seed
        if TEACHERS[run.strategy]:
            for path in self.foreign:
                _add_pseudo_labelled(
                    cfg, Path(path).stem, _foreign_dataset(cfg, path)
                )
        set_labelled_share(cfg, run.percent / 100, run.seed)
        if TEACHERS[run.strategy]:
            set_semi_supervision(cfg, self.pseudo, self.mean_teacher)
        return cfg

    def folder(self, run: Run) -> Path:
        """The folder of a run's final evaluation."""
        folder = self.out_dir / 'runs' / run.name
        if TEACHERS[run.strategy] and self.rounds > 1:
            folder = folder / f'round_{self.rounds}'
        return folder


def run_experiments(
    settings: Settings,
    runs: Sequence[Run],
    report: Callable[[Run, Outcome | None], None],
    jobs: int = 1,
) -> dict[Run, Outcome]:
    """Run trainings; one that fails does not stop the others.

    Args:
        settings (Settings): What the runs have in common.
        runs (Sequence[Run]): The runs. Those that label for one of them are
            done too.
        report (Callable): Called, in one thread at a time, with each run when
            it starts (and None) and when it has ended (and its outcome).
        jobs (int): Trainings at a time. Defaults to 1.

    Returns:
        dict[Run, Outcome]: How each run ended.
    """
    chains = {}
    for run in sorted(runs, key=lambda r: (r.percent, r.seed)):
        teacher = TEACHERS[run.strategy]
        chain = chains.setdefault(
            (run.percent, run.seed, teacher or run.strategy), []
        )
        chain.append(run)
    outcomes, lock, stopped = {}, threading.Lock(), threading.Event()

    def tell(run, outcome):
        with lock:
            if outcome is not None:
                outcomes[run] = outcome
            report(run, outcome)

    def do_chain(first: Run, chain: list[Run]) -> None:
        teacher = None
        # A teacher comes before its student, also if it was not asked for.
        for run in dict.fromkeys([first, *chain]):
            if stopped.is_set():
                return
            tell(run, None)
            outcome = _do(settings, run, teacher)
            if run == first:
                teacher = outcome
            tell(run, outcome)

    work = [
        (Run(key[2], key[0], key[1]), chain) for key, chain in chains.items()
    ]
    if jobs == 1:
        for first, chain in work:
            do_chain(first, chain)
        return outcomes
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(do_chain, *item) for item in work]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return outcomes


def _do(settings: Settings, run: Run, teacher: Outcome | None) -> Outcome:
    """Do one run, whatever comes of it."""
    folder = settings.folder(run)
    top = settings.out_dir / 'runs' / run.name
    try:
        cfg = settings.config(run)
        if TEACHERS[run.strategy] is None:
            train(cfg, top, settings.tools)
        elif teacher.error:
            return Outcome(
                folder,
                f'{TEACHERS[run.strategy]}, which labels for it, failed',
            )
        else:
            retrain(
                cfg,
                teacher.folder / 'best.pth',
                top,
                settings.tools,
                settings.rounds,
            )
    except (InputError, StepFailedError, OSError) as error:
        return Outcome(folder, ' '.join(str(error).split()))
    return Outcome(folder)


def find_finished(
    settings: Settings, runs: Sequence[Run]
) -> dict[Run, Outcome]:
    """Find the runs of former calls.

    Args:
        settings (Settings): What the runs have in common.
        runs (Sequence[Run]): The runs to look for.

    Returns:
        dict[Run, Outcome]: Those that have ended well.
    """
    outcomes = {run: Outcome(settings.folder(run)) for run in runs}
    return {
        run: outcome
        for run, outcome in outcomes.items()
        if (outcome.folder / 'finished.json').is_file()
    }


def set_image_size(cfg: Config, size: int) -> None:
    """Scale all crops, resizings and painted cells of a config.

    Args:
        cfg (Config): The config, changed in place.
        size (int): The new size of the crops in pixels.

    Raises:
        InputError: If no dataset says how large its images are.
    """
    datasets = [d for part in _PARTS for d in innermost(cfg[part].dataset)]
    sizes = [
        step['crop_size']
        for dataset in datasets
        for step in _all_steps(dataset.get('pipeline', ()))
        if 'crop_size' in step
    ] + [d['image_size'] for d in datasets if 'image_size' in d]
    if not sizes:
        raise InputError(
            f'{cfg.filename} neither crops nor paints its '
            'images: set their size there'
        )
    factor = size / max(sizes)
    # A pipeline may be shared by several datasets.
    changed = {}
    for dataset in datasets:
        for step in _all_steps(dataset.get('pipeline', ())):
            changed[id(step)] = step
        if 'image_size' in dataset:
            changed[id(dataset)] = dataset
    for item in changed.values():
        for key in ('crop_size', 'scale', 'image_size'):
            if isinstance(item.get(key), int):
                item[key] = round(item[key] * factor)


def _all_steps(pipeline: Sequence) -> Iterator[dict]:
    """The steps of a pipeline, those inside others (RandomChoice) too."""
    for step in pipeline:
        if isinstance(step, Sequence):
            yield from _all_steps(step)
        else:
            yield step
            yield from _all_steps(step.get('transforms', ()))


def set_epochs(cfg: Config, epochs: int) -> None:
    """Change the length of a training, and of its schedule with it.

    Args:
        cfg (Config): The config, changed in place.
        epochs (int): The number of epochs, 1 or more.

    Raises:
        InputError: If the number is below 1.
    """
    if epochs < 1:
        raise InputError(
            f'the number of epochs is {epochs}, but must be 1 or more'
        )
    before = cfg.train_cfg['max_epochs']
    cfg.train_cfg['max_epochs'] = epochs
    for scheduler in cfg.get('param_scheduler') or ():
        for key in ('end', 'T_max'):
            if scheduler.get(key) == before:
                scheduler[key] = epochs
        # One that ends with the warm-up has nothing left to do.
        if scheduler.get('begin', 0) >= epochs:
            scheduler['begin'] = epochs - 1
            scheduler['end'] = epochs


def set_official_split(cfg: Config, part: str) -> None:
    """Train and report on WBCAtt's published parts.

    Reporting ``'test'``, the official validation part selects. Reporting
    ``'val'``, for those who keep the test part for later, a stratified tenth
    of the official training part selects and is not trained on.

    Args:
        cfg (Config): The config, changed in place.
        part (str): ``'val'`` or ``'test'``: what is reported.

    Raises:
        InputError: If ``part`` is neither, or the config has no WBCAtt.
    """
    if part not in ('val', 'test'):
        raise InputError(
            f"the official part to report is 'val' or 'test', not {part!r}"
        )
    found = [
        dataset
        for name in _PARTS
        for dataset in innermost(cfg[name].dataset)
        if dataset['type'] == 'WBCAtt'
    ]
    if not found:
        raise InputError(
            f'{cfg.filename} has no WBCAtt, and hence no official split'
        )
    for dataset in found:
        dataset['official_split'] = True
        dataset.pop('split_file', None)
    if part == 'test':
        return
    train_part = labelled_part(cfg)
    tenth = dict(type='StratifiedSubset', fraction=0.9, seed=0)
    val = cfg.val_dataloader.dataset
    val['split'] = 'train'
    cfg.val_dataloader.dataset = dict(tenth, rest=True, dataset=val)
    replace_labelled_part(cfg, dict(tenth, dataset=train_part))
    cfg.test_dataloader.dataset['split'] = 'val'


def set_labelled_share(cfg: Config, share: float, seed: int) -> None:
    """Let only a stratified share of the labelled images keep attributes.

    In a stage 2 config the rest is pseudo-labelled. In the others the share
    is repeated, so that all runs take about as many steps.

    Args:
        cfg (Config): The config, changed in place.
        share (float): Above 0 and at most 1.
        seed (int): Seed of the choice.

    Raises:
        InputError: If the share is out of range.
    """
    if not 0 < share <= 1:
        raise InputError(
            'the labelled share must be above 0 and at most '
            f'100 %, but is {100 * share:g} %'
        )
    if share == 1:
        return
    labelled = labelled_part(cfg)
    subset = dict(
        type='StratifiedSubset', fraction=share, seed=seed, dataset=labelled
    )
    if pseudo_labelled_datasets(cfg.train_dataloader.dataset):
        replace_labelled_part(cfg, subset)
        _add_pseudo_labelled(
            cfg, 'rest', dict(copy.deepcopy(subset), rest=True)
        )
    else:
        replace_labelled_part(
            cfg,
            dict(
                type='RepeatDataset',
                times=max(1, round(1 / share)),
                dataset=subset,
            ),
        )


def set_semi_supervision(
    cfg: Config, pseudo: Mapping, mean_teacher: int | None = None
) -> None:
    """Set the options beyond the paper in a stage 2 config.

    Args:
        cfg (Config): The config, changed in place.
        pseudo (Mapping): Arguments of every ``PseudoLabelledDataset``
            (``threshold``, ``soft``, ``weight``).
        mean_teacher (int, optional): The epoch, from 0, from which on the
            model's running average renews the pseudo labels. Defaults to
            None: the labels stay.
    """
    for part in pseudo_labelled_datasets(cfg.train_dataloader.dataset):
        part.update(pseudo)
    if mean_teacher is not None:
        hooks = [*cfg.get('custom_hooks', ())]
        every_hook = [*hooks, *cfg.get('default_hooks', {}).values()]
        if not any(h and h['type'] == 'EMAHook' for h in every_hook):
            # An average over about 200 steps: trainings are short.
            hooks.append(dict(type='EMAHook', momentum=0.005))
        hooks.append(dict(type='MeanTeacherHook', begin_epoch=mean_teacher))
        cfg.custom_hooks = hooks


def labelled_part(cfg: Config) -> dict:
    """The part of the training data that has true attributes."""
    dataset = cfg.train_dataloader.dataset
    if not pseudo_labelled_datasets(dataset):
        return dataset
    true = [
        part
        for part in dataset.get('datasets', ())
        if not pseudo_labelled_datasets(part)
    ]
    if len(true) != 1:
        raise InputError(
            f'{cfg.filename}: train_dataloader.dataset must be a '
            'MixedDataset of one dataset with true attributes and others '
            'with pseudo labels, which is what the share is taken of'
        )
    return true[0]


def replace_labelled_part(cfg: Config, replacement: dict) -> None:
    """Train on another dataset in place of the one with true attributes."""
    dataset = cfg.train_dataloader.dataset
    if not pseudo_labelled_datasets(dataset):
        cfg.train_dataloader.dataset = replacement
        return
    labelled = labelled_part(cfg)
    dataset['datasets'] = [
        replacement if part is labelled else part
        for part in dataset['datasets']
    ]


def _add_pseudo_labelled(cfg: Config, name: str, dataset: dict) -> None:
    """Append a part whose attributes are to be predicted."""
    mixed = cfg.train_dataloader.dataset
    part = dict(
        type='PseudoLabelledDataset',
        label_file=f'{name}.json',
        dataset=dataset,
    )
    if 'classes' in mixed:
        part['classes'] = mixed['classes']
    mixed['datasets'] = [*mixed['datasets'], part]


def _foreign_dataset(cfg: Config, path: str) -> dict:
    """Another laboratory's training data, through our pipeline."""
    labelled = innermost(labelled_part(cfg))[0]
    pipeline = copy.deepcopy(labelled['pipeline'])
    path = Path(path)
    if path.is_dir():
        folders = sorted(p.name for p in path.iterdir() if p.is_dir())
        if not folders:
            raise InputError(
                f'{path} holds no folder; expected is one a class'
            )
        return dict(
            type='CustomDataset',
            data_root=str(path.resolve()),
            classes=[
                canonical_class(name, ALIASES) or name.lower()
                for name in folders
            ],
            pipeline=pipeline,
        )
    if not path.is_file():
        raise InputError(
            f'{path} is neither a dataset config nor a folder '
            'with a folder a class'
        )
    dataset = Config.fromfile(path).train_dataloader.dataset
    for inner in innermost(dataset):
        inner['pipeline'] = pipeline
    return dataset
