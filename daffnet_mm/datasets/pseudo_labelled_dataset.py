from collections.abc import Sequence

import torch
from mmengine.logging import MMLogger
from mmpretrain.registry import DATASETS

from daffnet_mm.errors import InputError
from daffnet_mm.structures import ATTRIBUTE_SIZES, UNKNOWN, WBC5_CLASSES

from .image_ids import image_ids
from .pseudo_labels import PseudoLabels


@DATASETS.register_module()
class PseudoLabelledDataset:
    """A dataset whose attributes come from a pseudo label file (Sec. 2.2.3).

    Class labels stay the true ones. A class that the MAP's auxiliary
    classifier does not know becomes -1: such a cell teaches attributes only.

    Args:
        dataset (dict): Config of the dataset, usually its training part.
        label_file (str): What ``tools/pseudo_label.py`` wrote for it.
        threshold (float): A value with a lower probability is left unknown
            (-1). Defaults to 0: all are used, as in the paper.
        classes (Sequence[str]): The classes of the auxiliary classifier.
            Defaults to the five of WBCAtt.

    Raises:
        InputError: If the file lacks an image of the dataset.
    """

    def __init__(self,
                 dataset: dict | object,
                 label_file: str,
                 threshold: float = 0.,
                 classes: Sequence[str] = WBC5_CLASSES,
                 lazy_init: bool = False) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(
            dataset, dict) else dataset
        self.label_file = label_file
        self.threshold = threshold
        self.metainfo = dict(classes=tuple(classes))
        self.attributes: torch.Tensor | None = None
        if not lazy_init:
            self.full_init()

    def full_init(self) -> None:
        """Read dataset and labels and bring them together."""
        if self.attributes is not None:
            return
        self.dataset.full_init()
        own_classes = self.dataset.metainfo['classes']
        targets = self.metainfo['classes']
        self._label_map = [
            targets.index(c) if c in targets else -1 for c in own_classes
        ]
        labels = PseudoLabels.load(self.label_file)
        ids = image_ids(self.dataset)
        absent = [i for i in ids if i not in labels.scores]
        if absent:
            raise InputError(
                f'{self.label_file} lacks {len(absent)} of {len(ids)} images, '
                f'first {absent[0]}; run tools/pseudo_label.py again for this '
                'dataset')
        scores = torch.tensor([labels.scores[i] for i in ids])
        best = [part.max(dim=1) for part in scores.split(ATTRIBUTE_SIZES, 1)]
        values = torch.stack([b.indices for b in best], dim=1)
        confidences = torch.stack([b.values for b in best], dim=1)
        self.attributes = values.masked_fill(confidences < self.threshold,
                                             UNKNOWN)
        kept = (self.attributes != UNKNOWN).float().mean().item()
        MMLogger.get_current_instance().info(
            f'{self.label_file}: {len(ids)} images, {100 * kept:.1f} % of the '
            f'values at or above the threshold {self.threshold}')

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation with its pseudo attributes."""
        info = self.dataset.get_data_info(idx)
        if info['gt_label'] >= 0:
            info['gt_label'] = self._label_map[info['gt_label']]
        info['gt_attributes'] = self.attributes[idx].clone()
        return info

    def get_cat_ids(self, idx: int) -> list[int]:
        """Get the class of a sample, -1 if the MAP does not know it."""
        return [self.get_data_info(idx)['gt_label']]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict:
        return self.dataset.pipeline(self.get_data_info(idx))
