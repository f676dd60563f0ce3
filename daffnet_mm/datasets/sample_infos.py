"""What datasets tell of their samples before an image is read."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dataset import BaseDataset

from daffnet_lite.errors import InputError


def image_ids(dataset) -> list[str]:
    """Name the images of a dataset, through any wrapper.

    Args:
        dataset (Dataset): A dataset of MMEngine's kind, or a wrapper with
            ``datasets``, or with ``dataset`` and, if it takes some of it or
            some more than once, ``indices``, ``repeat_indices`` or ``times``.

    Returns:
        list[str]: Of each sample its ``image_id``, which is the same whatever
        dataset lists the image, or else its path.

    Raises:
        InputError: If a wrapper orders its samples in another way.
    """
    return [
        _image_id(leaf.get_data_info(i)) for leaf, i in own_samples(dataset)
    ]


def image_groups(dataset) -> dict[str, str]:
    """Find what each image of a dataset must not be parted from.

    Args:
        dataset (Dataset): As for :func:`image_ids`.

    Returns:
        dict[str, str]: By the name of :func:`image_ids` that of the image's
        group, under which all datasets of one source know it; the image's own
        name if it has none.
    """
    infos = (leaf.get_data_info(i) for leaf, i in own_samples(dataset))
    return {_image_id(info): _group_id(info) for info in infos}


def _image_id(info: dict) -> str:
    return info.get('image_id') or info['img_path']


def _group_id(info: dict) -> str:
    if not info.get('group'):
        return _image_id(info)
    source, slash, _ = _image_id(info).partition('/')
    return f'{source}{slash}{info["group"]}'


def own_samples(dataset) -> list[tuple[Any, int]]:
    """Find where the samples of a dataset come from, through any wrapper.

    Args:
        dataset (Dataset): As for :func:`image_ids`.

    Returns:
        list[tuple[Dataset, int]]: Of each sample the dataset that lists it,
        and its place there.

    Raises:
        InputError: If a wrapper orders its samples in another way.
    """
    number = len(dataset)  # which prepares it
    if hasattr(dataset, 'datasets'):
        samples = [
            own for part in dataset.datasets for own in own_samples(part)
        ]
    elif hasattr(dataset, 'dataset'):
        samples = own_samples(dataset.dataset) * getattr(dataset, 'times', 1)
        # Of our subsets, and of MMEngine's ClassBalancedDataset.
        chosen = getattr(
            dataset, 'indices', getattr(dataset, 'repeat_indices', None)
        )
        if chosen is not None:
            samples = [samples[i] for i in chosen]
    else:
        samples = [(dataset, i) for i in range(number)]
    if len(samples) != number:
        raise InputError(
            f'{type(dataset).__name__} has {number} samples of the '
            f'{len(samples)} that lie in it, and nothing tells which: '
            'wrappers that are known have `datasets`, `indices`, '
            '`repeat_indices` or `times`'
        )
    return samples


def count_values(
    dataset: BaseDataset, sizes: Sequence[int]
) -> list[list[int]]:
    """Count how many cells of a dataset have each value of each attribute.

    Annotations are read, not images. Unknown values do not count.

    Args:
        dataset (BaseDataset): A dataset whose ``get_data_info`` tells
            ``gt_attributes``.
        sizes (Sequence[int]): How many values each attribute has.

    Returns:
        list[list[int]]: The counts of each attribute's values.

    Raises:
        InputError: If no cell has a known attribute.
    """
    infos = (dataset.get_data_info(i) for i in range(len(dataset)))
    truth = torch.stack(
        [torch.as_tensor(info['gt_attributes']) for info in infos]
    )
    counts = [
        torch.bincount(column[column >= 0], minlength=size).tolist()
        for column, size in zip(truth.T, sizes, strict=True)
    ]
    if not any(map(any, counts)):
        raise InputError(
            'no training sample has a known attribute, so values '
            'cannot be counted; use a dataset with attributes'
        )
    return counts
