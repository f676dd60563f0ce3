"""Cross-validation: one split file a fold."""

from collections.abc import Mapping
from pathlib import Path

from daffnet_mm.preparation.make_splits import (
    draw_parts,
    list_release,
    open_release,
    write_splits,
)


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


def write_folds(release: Mapping, folder: Path, dataset: str, k: int) -> None:
    """Write the split files of a dataset's folds, unless they are there.

    Args:
        release (Mapping): The dataset's config.
        folder (Path): Where to.
        dataset (str): The dataset.
        k (int): The number of folds.

    Raises:
        InputError: If the data are missing, or there are fewer than 3 folds.
    """
    files = [fold_file(folder, dataset, fold, k) for fold in range(k)]
    if files and all(path.is_file() for path in files):
        return
    # Fold files are drawn over the images, not over an official test part.
    opened = open_release(dict(release, official_split=False))
    samples = list_release(opened)
    splits = draw_parts(opened, samples, k)
    stem = files[0].name.replace('_fold0.csv', '.csv')
    # The same folds come out of a call that was interrupted.
    write_splits(str(folder / stem), samples, splits, overwrite=True)
