"""Cross-validation: one split file a fold."""

import copy
from pathlib import Path

from mmengine import Config

from daffnet_mm.errors import InputError
from daffnet_mm.preparation.make_splits import (
    draw_parts,
    find_release,
    list_release,
    open_release,
    write_splits,
)
from daffnet_mm.utils.dataset_configs import innermost

_PARTS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def fold_file(folder: Path, dataset: str, fold: int, k: int) -> Path:
    """Name the split file of a fold.

    Args:
        folder (Path): The folder of the files.
        dataset (str): The dataset. PBC's variants share their files.
        fold (int): The fold that is tested on, from 0.
        k (int): The number of folds.

    Returns:
        Path: The file.
    """
    release = 'pbc' if dataset in ('pbc5', 'wbcatt') else dataset
    return folder / f'{release}_{k}folds_fold{fold}.csv'


def write_folds(cfg: Config, folder: Path, dataset: str, k: int) -> None:
    """Write the split files of a dataset's folds, unless they are there.

    Args:
        cfg (Config): A config of the dataset.
        folder (Path): Where to.
        dataset (str): The dataset.
        k (int): The number of folds.

    Raises:
        InputError: If the data are missing, or there are fewer than 3 folds.
    """
    files = [fold_file(folder, dataset, fold, k) for fold in range(k)]
    if files and all(path.is_file() for path in files):
        return
    release = copy.deepcopy(find_release(cfg))
    # Fold files are drawn over the images, not over an official test part.
    release.update(official_split=False, group_file=None)
    opened = open_release(release)
    samples = list_release(opened)
    splits = draw_parts(opened, samples, k)
    stem = files[0].name.replace('_fold0.csv', '.csv')
    # The same folds come out of a call that was interrupted.
    write_splits(str(folder / stem), samples, splits, overwrite=True)


def set_fold(cfg: Config, path: Path) -> None:
    """Let a config take its parts from a split file.

    Args:
        cfg (Config): The config, changed in place.
        path (Path): The split file.

    Raises:
        InputError: If the data are not files that can be split.
    """
    for part in _PARTS:
        for dataset in innermost(cfg[part].dataset):
            if dataset['type'] == 'SyntheticWBC':
                raise InputError(
                    'synthetic cells have no files to lay in '
                    'folds: leave out --k-fold'
                )
            dataset['split_file'] = str(path)
            dataset.pop('official_split', None)
