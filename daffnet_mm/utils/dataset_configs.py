"""Go through the configs of datasets, whatever wrappers are around them."""

from collections.abc import Callable, Iterator
from typing import Any

from mmengine import Config
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import WBCDataset


def walk(dataset: dict) -> Iterator[dict]:
    """Go through a dataset config, from the outside in.

    Args:
        dataset (dict): The config of a dataset.

    Yields:
        dict: It and each of those inside it, under ``dataset`` or
        ``datasets``.
    """
    yield dataset
    for inner in datasets_inside(dataset):
        yield from walk(inner)


def innermost(dataset: dict) -> list[dict]:
    """List the datasets inside all wrappers.

    Args:
        dataset (dict): The config of a dataset.

    Returns:
        list[dict]: Those that are no wrappers.
    """
    return [found for found in walk(dataset) if not datasets_inside(found)]


def pipeline_of_test(cfg: Config) -> list[dict]:
    """Find the transforms that a config tests with, through any wrapper.

    Args:
        cfg (Config): The config.

    Returns:
        list[dict]: Their configs, those of the config itself.

    Raises:
        InputError: If it has no test part, or one with several pipelines.
    """
    outer = (cfg.get('test_dataloader') or {}).get('dataset')
    found = [part.get('pipeline') for part in innermost(outer or {})]
    if not found or found[0] is None or any(p != found[0] for p in found):
        raise InputError(
            f'{cfg.filename or "the config"} must have a '
            'test_dataloader.dataset with one pipeline, by which images are '
            'read and scaled'
        )
    return found[0]


def pseudo_labelled_datasets(dataset: dict) -> list[dict]:
    """List the pseudo-labelled parts of a dataset.

    Args:
        dataset (dict): The config of a dataset.

    Returns:
        list[dict]: The config of every ``PseudoLabelledDataset`` in it.
    """
    return [found for found in walk(dataset) if is_pseudo_labelled(found)]


def parts_to_label(cfg: Config) -> list[dict]:
    """List the pseudo-labelled parts that a config trains on.

    Args:
        cfg (Config): The config of stage 2.

    Returns:
        list[dict]: At least one.

    Raises:
        InputError: If there is none.
    """
    parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
    if not parts:
        raise InputError(
            f'{cfg.filename} has no PseudoLabelledDataset in its '
            'train_dataloader: there is nothing to label'
        )
    return parts


def is_pseudo_labelled(dataset: dict) -> bool:
    """Tell whether a dataset config is a ``PseudoLabelledDataset``'s."""
    return str(dataset.get('type')).endswith('PseudoLabelledDataset')


def leave_out_broken(dataset: dict) -> dict:
    """Have broken images of a test left out and named.

    Args:
        dataset (dict): The config of a dataset, left as it is.

    Returns:
        dict: The changed config: in test mode and, unless it says otherwise,
        with ``skip_broken``. Datasets of other packages are as before.
    """
    return rebuild(
        dataset,
        lambda part: (
            {'skip_broken': True, **part, 'test_mode': True}
            if _is_ours(part)
            else part
        ),
    )


def for_test(dataset: dict, **settings: Any) -> dict:
    """Have a dataset, inside all wrappers, tested on.

    Args:
        dataset (dict): The config of a dataset, left as it is.
        **settings: Further settings of what is no wrapper, such as its
            ``pipeline``.

    Returns:
        dict: The changed config: in test mode, with broken images left out as
        by :func:`leave_out_broken`.
    """
    return leave_out_broken(
        rebuild(
            dataset,
            lambda part: (
                part
                if datasets_inside(part)
                else {**part, 'test_mode': True, **settings}
            ),
        )
    )


def broken_left_out(dataset: dict, place: str) -> dict[str, bool]:
    """Find the settings by which :func:`leave_out_broken` changes a config.

    Args:
        dataset (dict): The config of a dataset.
        place (str): Where it stands, such as ``'test_dataloader.dataset'``.

    Returns:
        dict[str, bool]: The settings, by their names with dots.
    """
    settings = {}
    if _is_ours(dataset):
        settings = {f'{place}.test_mode': True}
        if 'skip_broken' not in dataset:
            settings[f'{place}.skip_broken'] = True
    places = [f'datasets.{i}' for i in range(len(dataset.get('datasets', ())))]
    places += ['dataset'] * ('dataset' in dataset)
    for inner, name in zip(datasets_inside(dataset), places, strict=True):
        settings |= broken_left_out(inner, f'{place}.{name}')
    return settings


def _is_ours(dataset: dict) -> bool:
    kind = DATASETS.get(str(dataset.get('type')))
    return isinstance(kind, type) and issubclass(kind, WBCDataset)


def rebuild(dataset: dict, change: Callable[[dict], dict]) -> dict:
    """Make another dataset config, from the inside out.

    Args:
        dataset (dict): The config of a dataset, left as it is.
        change (Callable): Gives what stands in the place of a dataset, of
            which it gets a copy with the datasets inside changed already.

    Returns:
        dict: The changed config.
    """
    dataset = dict(dataset)
    if 'dataset' in dataset:
        dataset['dataset'] = rebuild(dataset['dataset'], change)
    if 'datasets' in dataset:
        dataset['datasets'] = [
            rebuild(inner, change) for inner in dataset['datasets']
        ]
    return change(dataset)


def datasets_inside(dataset: dict) -> list[dict]:
    """List the datasets right inside a wrapper.

    Args:
        dataset (dict): The config of a dataset.

    Returns:
        list[dict]: Their configs; empty if it is no wrapper.
    """
    inner = [*dataset.get('datasets', ())]
    if 'dataset' in dataset:
        inner.append(dataset['dataset'])
    return inner
