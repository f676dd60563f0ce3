"""Cross-validation: one split file a fold."""

from collections.abc import Mapping
from pathlib import Path

from mmengine import Config

from daffnet_mm.preparation.make_splits import (
    draw_parts,
    list_release,
    open_release,
    write_splits,
)
from daffnet_mm.utils.dataset_configs import innermost


def release_of(cfg: Config, dataset: str) -> str:
    """Name what the folds of a config's dataset are drawn over.

    Args:
        cfg (Config): The config.
        dataset (str): Its dataset. PBC's variants share their files; of a
            release that was cut the images are others than before.

    Returns:
        str: A name for files.
    """
    if dataset in ('pbc5', 'wbcatt'):
        return 'pbc'
    cells = innermost(cfg.test_dataloader.dataset)[0].get('cells')
    return dataset if cells is None else f'{dataset}_{cells}'


def fold_file(folder: Path, release: str, fold: int, k: int) -> Path:
    """Name the split file of a fold.

    Args:
        folder (Path): The folder of the files.
        release (str): The name by :func:`release_of`.
        fold (int): The fold that is tested on, from 0.
        k (int): The number of folds.

    Returns:
        Path: The file.
    """
    return folder / f'{release}_{k}folds_fold{fold}.csv'


def write_folds(release: Mapping, folder: Path, name: str, k: int) -> None:
    """Write the split files of a release's folds, unless they are there.

    Args:
        release (Mapping): The config of a dataset of it.
        folder (Path): Where to.
        name (str): Its name by :func:`release_of`.
        k (int): The number of folds.

    Raises:
        InputError: If the data are missing, or there are fewer than 3 folds.
    """
    files = [fold_file(folder, name, fold, k) for fold in range(k)]
    if files and all(path.is_file() for path in files):
        return
    # Fold files are drawn over the images, not over an official test part.
    opened = open_release(dict(release, official_split=False))
    samples = list_release(opened)
    splits = draw_parts(opened, samples, k)
    stem = files[0].name.replace('_fold0.csv', '.csv')
    # The same folds come out of a call that was interrupted.
    write_splits(str(folder / stem), samples, splits, overwrite=True)
