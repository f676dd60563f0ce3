import os.path as osp
from collections.abc import Mapping, Sequence

from mmengine import Config
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.splits import (
    fold_parts,
    groups_of,
    k_fold,
    labels_of,
    read_group_file,
    write_split_file,
)
from daffnet_mm.datasets.wbc_dataset import WBCDataset
from daffnet_mm.utils.dataset_configs import innermost


def find_release(cfg: Config, part: str = 'train') -> dict:
    """Find the dataset of a config whose release is to be split.

    Args:
        cfg (Config): A config, or one of datasets alone.
        part (str): Whose dataloader to look in: ``'train'``, ``'val'`` or
            ``'test'``. Defaults to ``'train'``.

    Returns:
        dict: The dataset's config, without the wrappers around it.

    Raises:
        InputError: If there is no dataset, or more than one release.
    """
    dataset = (cfg.get(f'{part}_dataloader') or {}).get('dataset')
    if dataset is None:
        raise InputError(
            f'{cfg.filename} has no {part}_dataloader with a '
            'dataset; name another --part'
        )
    releases: dict[tuple, dict] = {}
    for found in innermost(dataset):
        key = (str(found.get('type')), found.get('data_root'))
        releases.setdefault(key, found)
    if len(releases) > 1:
        names = ', '.join(f'{name} in {root}' for name, root in releases)
        raise InputError(
            f'the {part} dataset of {cfg.filename} has several '
            f'releases, {names}: name one by --dataset-type and '
            '--data-root'
        )
    return next(iter(releases.values()))


def open_release(dataset: Mapping, **options) -> WBCDataset:
    """Build a dataset to split its release, without loading a sample.

    Args:
        dataset (Mapping): Its config.
        **options: Arguments that replace those of the config; None keeps
            them.

    Returns:
        WBCDataset: The dataset.

    Raises:
        InputError: If the type is unknown or has no files to split, or if an
            argument is unknown or missing.
    """
    cfg = dict(dataset)
    cfg.update(
        (key, value) for key, value in options.items() if value is not None
    )
    # All of the release, whatever the config trains on.
    cfg.update(split=None, split_file=None, pipeline=[], lazy_init=True)
    cls = cfg['type']
    if isinstance(cls, str):
        cls = DATASETS.get(cls)
    if not (isinstance(cls, type) and issubclass(cls, WBCDataset)):
        known = sorted(
            name
            for name, known in DATASETS.module_dict.items()
            if issubclass(known, WBCDataset)
        )
        raise InputError(
            f'{cfg["type"]!r} is no dataset with files to split; '
            f'known are {", ".join(known)}'
        )
    try:
        return DATASETS.build(cfg)
    except TypeError as e:
        raise InputError(
            f'{cls.__name__} cannot be built: {e}; see its '
            'docstring for its arguments'
        ) from e


def list_release(dataset: WBCDataset) -> list[dict]:
    """List what a split of a dataset's release is drawn over.

    Args:
        dataset (WBCDataset): The dataset.

    Returns:
        list[dict]: The samples. With a group file they are all in it.

    Raises:
        InputError: If there is no image, or the group file lacks one.
    """
    # The samples of an official split may be fewer: those with annotations.
    if dataset.official_split:
        samples = dataset.list_samples()
    else:
        samples = dataset.list_release()
    if not samples:
        raise InputError(
            f'{dataset.data_root} holds no image in the folders of its '
            "classes: name the release's own folder"
        )
    if dataset.group_file:
        groups = read_group_file(dataset.group_file)
        absent = [
            s['name']
            for s in samples
            if dataset.named_group(groups, s) is None
        ]
        if absent:
            raise InputError(
                f'group file {dataset.group_file} lacks {len(absent)} of the '
                f'images in {dataset.data_root}, first {absent[0]}; audit the '
                'folder again, or add a line for each'
            )
    return samples


def draw_parts(
    dataset: WBCDataset, samples: Sequence[dict], k: int | None = None
) -> list[dict[str, str]]:
    """Draw the split, or the splits of a cross-validation.

    Args:
        dataset (WBCDataset): The dataset, with ratios, seed and whether to
            take the official split.
        samples (Sequence[dict]): What to draw over.
        k (int, optional): Number of folds. Each is tested on once, while the
            one before it validates. Defaults to None: one split.

    Returns:
        list[dict[str, str]]: The part by image name, of each split.

    Raises:
        InputError: If there are fewer than 3 folds, or no official split.
    """
    if k is None:
        return [dataset.assign_splits(samples, samples)]
    if k < 3:
        raise InputError(
            f'{k} folds are too few: one is tested on, one '
            'validates, and the others are trained on'
        )
    folds = k_fold(
        labels_of(samples),
        k,
        dataset.split_seed,
        groups_of(samples),
        dataset.stratify,
    )
    return [fold_parts(folds, fold, k) for fold in range(k)]


def write_splits(
    out: str,
    samples: Sequence[dict],
    splits: Sequence[Mapping[str, str]],
    overwrite: bool = False,
) -> list[str]:
    """Write a split file, or one a fold.

    Args:
        out (str): Where to write; of several splits, ``_fold0`` and so on is
            added to the name.
        samples (Sequence[dict]): The samples.
        splits (Sequence[Mapping[str, str]]): The part by image name, of each
            split.
        overwrite (bool): Replace files that exist. Defaults to False.

    Returns:
        list[str]: The files.

    Raises:
        InputError: If a file exists or cannot be written.
    """
    paths = [out]
    if len(splits) > 1:
        stem, suffix = osp.splitext(out)
        paths = [f'{stem}_fold{i}{suffix}' for i in range(len(splits))]
    for path in paths:
        if osp.exists(path) and not overwrite:
            raise InputError(
                f'split file {path} exists, and models may have been trained '
                'by it; name another --out, or say --overwrite'
            )
    for path, parts in zip(paths, splits, strict=True):
        write_split_file(path, labels_of(samples), parts, groups_of(samples))
    return paths
