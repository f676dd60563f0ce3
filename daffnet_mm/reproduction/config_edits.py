"""Changes to a config before it is trained, whichever it is."""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from pathlib import Path

from mmengine import Config
from mmpretrain.registry import HOOKS

from daffnet_lite.errors import InputError
from daffnet_lite.structures.class_names import ALIASES, canonical_class
from daffnet_mm.utils.dataset_configs import (
    innermost,
    parts_to_label,
    pseudo_labelled_datasets,
    walk,
)

_PARTS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
#: The argument of a hook that is an epoch.
_FREEZING = {'FreezePretrainedHook': 'epochs', 'FreezeBatchNormHook': 'begin'}


def set_image_size(cfg: Config, size: int) -> None:
    """Scale all crops, resizings and painted cells of a config.

    Larger crops are of images that are decoded larger, too.

    Args:
        cfg (Config): The config, changed in place.
        size (int): The new size of the crops in pixels.

    Raises:
        InputError: If no dataset says how large its images are.
    """
    datasets = [d for part in _PARTS for d in walk(cfg[part].dataset)]
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
        if factor > 1 and item.get('min_edge') is not None:
            item['min_edge'] = math.ceil(item['min_edge'] * factor)


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

    What is frozen for a part of the epochs is so for the same part, which
    leaves an epoch to each side where there are two at least.

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
    # The last epoch alone.
    if before > 1 and cfg.train_cfg.get('val_interval') == before:
        cfg.train_cfg['val_interval'] = epochs
    hooks = [
        *cfg.get('default_hooks', {}).values(),
        *cfg.get('custom_hooks', ()),
    ]
    for hook in filter(None, hooks):
        if hook['type'] not in _FREEZING:
            continue
        key = _FREEZING[hook['type']]
        usual = signature(HOOKS.get(hook['type'])).parameters[key].default
        part = hook.get(key, usual)
        if 0 < part < before:
            part = min(max(round(part * epochs / before), 1), epochs - 1)
        elif part:
            part = epochs
        hook[key] = part
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
    _replace_labelled_part(cfg, dict(tenth, dataset=train_part))
    cfg.test_dataloader.dataset['split'] = 'val'


def set_labelled_share(cfg: Config, share: float, seed: int) -> None:
    """Let only a stratified share of the training images keep their labels.

    In a stage 2 config the rest is pseudo-labelled. In the others the share
    alone is trained on, and repeated, so that all runs take about as many
    steps.

    Args:
        cfg (Config): The config, changed in place.
        share (float): Above 0 and at most 1.
        seed (int): Seed of the choice.

    Raises:
        InputError: If the share is out of range.
    """
    if not 0 < share <= 1:
        raise InputError(
            'the share of the labelled images must be above 0 and at most '
            f'1, but is {share:g}'
        )
    if share == 1:
        return
    labelled = labelled_part(cfg)
    subset = dict(
        type='StratifiedSubset', fraction=share, seed=seed, dataset=labelled
    )
    if pseudo_labelled_datasets(cfg.train_dataloader.dataset):
        _replace_labelled_part(cfg, subset)
        _add_pseudo_labelled(
            cfg, 'rest', dict(copy.deepcopy(subset), rest=True)
        )
    else:
        _replace_labelled_part(
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


def _replace_labelled_part(cfg: Config, replacement: dict) -> None:
    dataset, labelled = cfg.train_dataloader.dataset, labelled_part(cfg)
    if labelled is dataset:
        cfg.train_dataloader.dataset = replacement
        return
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


def add_foreign_data(cfg: Config, path: str | Path) -> None:
    """Let a stage 2 config pseudo-label another laboratory's images too.

    They come through the pipeline of the labelled images.

    Args:
        cfg (Config): The config, changed in place.
        path (str | Path): A dataset config, whose training part is taken, or
            a folder with a folder a class.

    Raises:
        InputError: If it is neither.
    """
    pipeline = copy.deepcopy(innermost(labelled_part(cfg))[0]['pipeline'])
    path = Path(path)
    if path.is_dir():
        folders = sorted(p.name for p in path.iterdir() if p.is_dir())
        if not folders:
            raise InputError(
                f'{path} holds no folder; expected is one a class'
            )
        dataset = dict(
            type='CustomDataset',
            data_root=str(path.resolve()),
            classes=[
                canonical_class(name, ALIASES) or name.lower()
                for name in folders
            ],
        )
    elif path.is_file():
        dataset = Config.fromfile(path).train_dataloader.dataset
    else:
        raise InputError(
            f'{path} is neither a dataset config nor a folder '
            'with a folder a class'
        )
    for inner in innermost(dataset):
        inner['pipeline'] = pipeline
    _add_pseudo_labelled(cfg, path.stem, dataset)


def set_label_folder(cfg: Config, folder: Path) -> None:
    """Let a stage 2 config read all of its pseudo labels from one folder.

    Args:
        cfg (Config): The config, changed in place.
        folder (Path): The folder.

    Raises:
        InputError: If there is nothing to label.
    """
    taken = set()
    for number, part in enumerate(parts_to_label(cfg)):
        name = Path(part['label_file']).stem
        name = f'{name}_{number}' if name in taken else name
        taken.add(name)
        part['label_file'] = str(folder / f'{name}.json')


def set_fold(cfg: Config, path: Path, release: Mapping) -> None:
    """Let a config take the parts of one release from a split file.

    Other releases keep theirs.

    Args:
        cfg (Config): The config, changed in place.
        path (Path): The split file.
        release (Mapping): The config of a dataset of that release.

    Raises:
        InputError: If the release is no files that can be split.
    """
    if 'data_root' not in release:
        raise InputError(
            'synthetic cells have no files to lay in folds: leave out --k-fold'
        )
    for part in _PARTS:
        for dataset in innermost(cfg[part].dataset):
            if dataset.get('data_root') == release['data_root']:
                dataset['split_file'] = str(path)
                dataset.pop('official_split', None)
