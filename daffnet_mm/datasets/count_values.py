from collections.abc import Sequence

import torch
from mmengine.dataset import BaseDataset

from daffnet_mm.errors import InputError


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
