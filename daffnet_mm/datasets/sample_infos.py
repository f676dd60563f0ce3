"""What datasets tell of their samples before an image is read."""

from collections.abc import Sequence

import torch
from mmengine.dataset import BaseDataset

from daffnet_mm.errors import InputError


def image_ids(dataset) -> list[str]:
    """Name the images of a dataset, through any wrapper.

    Args:
        dataset (Dataset): A dataset of MMEngine's kind, or a wrapper with
            ``dataset`` (and ``indices``, if it takes a part of it) or
            ``datasets``.

    Returns:
        list[str]: Of each sample its ``image_id``, which is the same whatever
        dataset lists the image, or else its path.
    """
    if hasattr(dataset, 'datasets'):
        return [name for part in dataset.datasets for name in image_ids(part)]
    if hasattr(dataset, 'dataset'):
        ids = image_ids(dataset.dataset)
        if hasattr(dataset, 'indices'):
            ids = [ids[i] for i in dataset.indices]
        return ids
    infos = (dataset.get_data_info(i) for i in range(len(dataset)))
    return [info.get('image_id') or info['img_path'] for info in infos]


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
