from collections import defaultdict
from collections.abc import Mapping

from mmengine.dataset import BaseDataset
from mmpretrain.registry import DATA_SAMPLERS

from ..sample_infos import image_ids
from .class_balanced_sampler import ClassBalancedSampler


@DATA_SAMPLERS.register_module()
class LaboratoryBalancedSampler(ClassBalancedSampler):
    """Draw the cells of every laboratory equally often in each epoch.

    Of several laboratories that are trained on together, one has thousands of
    cells and another hundreds. A network that is to hold in a further one
    should not learn the largest one's stain and camera above all.

    Cells are drawn as by :class:`ClassBalancedSampler`, with laboratories in
    the place of classes. A laboratory is what the names of its images begin
    with, such as ``PBC`` and ``RaabinWBC``.

    Args:
        dataset (Sized): As there.
        samples_per_laboratory (int | str): Images of each laboratory in an
            epoch, as ``samples_per_class`` there. Defaults to ``'mean'``,
            which keeps an epoch's length.
        seed (int, optional): As there.
    """

    KINDS = 'laboratories'

    def __init__(
        self,
        dataset: BaseDataset,
        samples_per_laboratory: int | str = 'mean',
        seed: int | None = None,
    ) -> None:
        super().__init__(dataset, samples_per_laboratory, seed)

    @staticmethod
    def sort_out(dataset: BaseDataset) -> Mapping[str, list[int]]:
        """Find the images of each laboratory.

        Args:
            dataset (BaseDataset): The dataset.

        Returns:
            Mapping[str, list[int]]: Their places in it, by laboratory.
        """
        members = defaultdict(list)
        for index, name in enumerate(image_ids(dataset)):
            members[name.partition('/')[0]].append(index)
        return members
