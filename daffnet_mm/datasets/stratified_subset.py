import hashlib
from collections import defaultdict

from mmengine.dataset import BaseDataset
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError

from .sample_infos import image_ids


@DATASETS.register_module()
class StratifiedSubset:
    """A share of each class of a dataset, or what is left.

    To learn from a part of the labels, to set a part of the training images
    aside for selection, or to have no class outnumber the others. Images are
    ordered by a hash of seed and name within their class, so that the choice
    depends on nothing else and a larger share holds every smaller one of the
    same seed.

    Args:
        dataset (dict | Dataset): The dataset, or its config.
        fraction (float): The share of each class, above 0 and at most 1.
            Defaults to 1.
        most (int, optional): At most so many images of each class. Defaults
            to None: no limit.
        rest (bool): Take what the share leaves. Defaults to False.
        seed (int): Seed of the choice. Defaults to 0.
        lazy_init (bool): Leave the dataset unread until ``full_init``.
            Defaults to False.

    Raises:
        InputError: If the fraction or the limit is out of range or leaves no
            image.
    """

    def __init__(
        self,
        dataset: dict | BaseDataset,
        fraction: float = 1.0,
        most: int | None = None,
        rest: bool = False,
        seed: int = 0,
        lazy_init: bool = False,
    ) -> None:
        if not 0 < fraction <= 1:
            raise InputError(
                'fraction of StratifiedSubset must be above 0 '
                f'and at most 1, but is {fraction}'
            )
        if most is not None and most < 1:
            raise InputError(
                f'most of StratifiedSubset must be 1 or more, but is {most}'
            )
        self.dataset = (
            DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        )
        self.fraction = fraction
        self.most = most
        self.rest = rest
        self.seed = seed
        if not lazy_init:
            self.full_init()

    @property
    def metainfo(self) -> dict:
        """That of the dataset."""
        return self.dataset.metainfo

    @property
    def pipeline(self):
        """The transforms of the dataset."""
        return self.dataset.pipeline

    def full_init(self) -> None:
        """Read the dataset and choose."""
        if hasattr(self, 'indices'):
            return
        self.dataset.full_init()
        by_class = defaultdict(list)
        ids = image_ids(self.dataset)
        for index in range(len(ids)):
            label = self.dataset.get_data_info(index)['gt_label']
            by_class[int(label)].append(index)
        chosen = []
        for members in by_class.values():
            members.sort(
                key=lambda i: hashlib.sha256(
                    f'{self.seed}:{ids[i]}'.encode()
                ).digest()
            )
            end = round(len(members) * self.fraction)
            if self.most is not None:
                end = min(end, self.most)
            chosen += members[end:] if self.rest else members[:end]
        if not chosen:
            raise InputError(
                f'StratifiedSubset: {"the rest after " * self.rest}a share '
                f'of {self.fraction}, at most {self.most} of each class, of '
                f'{len(ids)} images holds none'
            )
        self.indices = sorted(chosen)

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation."""
        return self.dataset.get_data_info(self.indices[idx])

    def get_cat_ids(self, idx: int) -> list[int]:
        """Get the class of a sample."""
        return self.dataset.get_cat_ids(self.indices[idx])

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, idx: int) -> dict:
        return self.dataset[self.indices[idx]]
