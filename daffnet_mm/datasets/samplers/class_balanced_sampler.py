import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sized
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.logging import MMLogger
from mmpretrain.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from daffnet_lite.errors import InputError


@DATA_SAMPLERS.register_module()
class ClassBalancedSampler(Sampler):
    """Draw every class equally often in each epoch.

    Chen et al. (2022, "Data augmentation", Fig. 4) fill up the rare classes
    of the training set with rotated, flipped and shifted copies. Drawing the
    images of a rare class several times, each time through a random pipeline,
    does the same without files.

    Within a class, no image comes a second time before all have come once. A
    class with more images than are drawn shows others in each epoch. Cells
    without a class (-1, such as those that a
    :class:`~daffnet_mm.datasets.PseudoLabelledDataset` takes for their
    attributes alone) come once an epoch, as they do without balancing.

    The order depends on seed and epoch alone, so a resumed run goes on as it
    would have; the processes of a distributed run share each epoch out.

    To repeat rare classes less than fully, use MMEngine's
    ``ClassBalancedDataset`` instead.

    Args:
        dataset (Sized): The dataset. Concatenated, repeated and otherwise
            wrapped ones do as well.
        samples_per_class (int | str): Images of each class in an epoch.
            ``'largest'`` fills all classes up to the largest, by which the
            epoch grows. ``'mean'`` keeps an epoch's length: the number of
            images with a class, over the number of classes that occur,
            rounded up. Defaults to ``'largest'``.
        seed (int, optional): The same for all processes. Defaults to None:
            the run's.

    Raises:
        InputError: If no image has a class, one has several, or
            ``samples_per_class`` is none of the above.
    """

    #: What is drawn equally often.
    KINDS = 'classes'

    def __init__(
        self,
        dataset: Sized,
        samples_per_class: int | str = 'largest',
        seed: int | None = None,
    ) -> None:
        if samples_per_class not in ('largest', 'mean') and not (
            isinstance(samples_per_class, int) and samples_per_class >= 1
        ):
            raise InputError(
                f'{type(self).__name__}: the number of images of each of the '
                f'{self.KINDS} is {samples_per_class!r}, but must be '
                "'largest', 'mean' or a whole number from 1"
            )
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0

        members = dict(self.sort_out(dataset))
        self.without_class = torch.tensor(
            members.pop(-1, []), dtype=torch.long
        )
        if not members:
            raise InputError(
                'ClassBalancedSampler: no image of the dataset '
                'has a class; use DefaultSampler'
            )
        self.members = [torch.tensor(members[k]) for k in sorted(members)]
        sizes = [len(m) for m in self.members]
        if samples_per_class == 'largest':
            samples_per_class = max(sizes)
        elif samples_per_class == 'mean':
            samples_per_class = math.ceil(sum(sizes) / len(sizes))
        self.samples_per_class = int(samples_per_class)

        total = self.samples_per_class * len(members) + len(self.without_class)
        # Every process needs as many, or the others would wait for ever.
        self.num_samples = math.ceil(total / self.world_size)
        MMLogger.get_current_instance().info(
            f'an epoch draws {self.samples_per_class} images of each of '
            f'{len(members)} {self.KINDS}, which have {min(sizes)} to '
            f'{max(sizes)}, and {len(self.without_class)} without class'
        )

    @staticmethod
    def sort_out(dataset: Sized) -> Mapping[Any, list[int]]:
        """Find the images of each class.

        Args:
            dataset (Sized): The dataset.

        Returns:
            Mapping[Any, list[int]]: Their places in it, by class; -1 for those
            without one.
        """
        members = defaultdict(list)
        for index in range(len(dataset)):
            members[_class_of(dataset, index)].append(index)
        return members

    def __iter__(self) -> Iterator[int]:
        """Draw this process's indices of the epoch."""
        generator = torch.Generator()
        generator.manual_seed(self.seed + self.epoch)
        drawn = [self.without_class]
        for members in self.members:
            rounds = math.ceil(self.samples_per_class / len(members))
            orders = [
                torch.randperm(len(members), generator=generator)
                for _ in range(rounds)
            ]
            order = torch.cat(orders)[: self.samples_per_class]
            drawn.append(members[order])
        indices = torch.cat(drawn)
        indices = indices[torch.randperm(len(indices), generator=generator)]
        missing = self.num_samples * self.world_size - len(indices)
        indices = torch.cat([indices, indices[:missing]])
        return iter(indices[self.rank :: self.world_size].tolist())

    def __len__(self) -> int:
        """The number of images that this process draws in an epoch."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, on which the order depends.

        Args:
            epoch (int): Number of the epoch, from 0.
        """
        self.epoch = epoch


def _class_of(dataset: Any, index: int) -> int:
    if hasattr(dataset, 'get_cat_ids'):
        classes = dataset.get_cat_ids(index)
    else:  # MMEngine's ConcatDataset and RepeatDataset
        classes = np.atleast_1d(dataset.get_data_info(index)['gt_label'])
    if len(classes) != 1:
        raise InputError(
            f'ClassBalancedSampler: image {index} has {len(classes)} classes; '
            'it balances datasets with one class an image'
        )
    return max(int(classes[0]), -1)
