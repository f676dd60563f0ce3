from collections.abc import Sequence

import torch
from mmengine.logging import MMLogger
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import UNKNOWN, WBC5_CLASSES

from .pseudo_labels import PseudoLabels, confident_labels
from .sample_infos import image_ids
from .taxonomy_dataset import TaxonomyDataset


@DATASETS.register_module()
class PseudoLabelledDataset(TaxonomyDataset):
    """A dataset whose attributes come from a pseudo label file (Sec. 2.2.3).

    Class labels stay the true ones, in the taxonomy of the MAP's auxiliary
    classifier. Every sample is marked ``pseudo_labelled`` in its metadata and
    has ``forgotten_attributes``, true where :class:`ForgetAttributes` made one
    unknown. The options stand for the paper's setting when left out: every
    pseudo label counts, as the most probable value, as much as a true one.

    Args:
        dataset (dict | Dataset): The dataset, usually its training part, or
            its config.
        label_file (str): What ``tools/pseudo_label.py`` wrote for it.
        threshold (float): A value with a lower probability is left unknown
            (-1). Defaults to 0.
        soft (bool): Teach the MAP's probabilities (``attribute_targets``)
            instead of the most probable values. Defaults to False.
        weight (float): Weight of a pseudo-labelled cell's attributes against
            those of a cell with true ones (``attribute_weight``). Defaults to
            1.
        classes (Sequence[str]): The taxonomy; see :class:`TaxonomyDataset`.
            Defaults to the five classes of WBCAtt.
        lazy_init (bool): Leave dataset and labels unread until ``full_init``.
            Defaults to False.

    Raises:
        InputError: If an option is out of range, or the label file lacks an
            image of the dataset or was made for other classes.
    """

    def __init__(
        self,
        dataset: dict | object,
        label_file: str,
        threshold: float = 0.0,
        soft: bool = False,
        weight: float = 1.0,
        classes: Sequence[str] = WBC5_CLASSES,
        lazy_init: bool = False,
    ) -> None:
        if not 0 <= threshold <= 1:
            raise InputError(
                'threshold of PseudoLabelledDataset is a '
                f'probability from 0 to 1, but is {threshold}'
            )
        if not weight >= 0:
            raise InputError(
                'weight of PseudoLabelledDataset must be 0 or '
                f'more, but is {weight}'
            )
        self.label_file = label_file
        self.threshold = threshold
        self.soft = soft
        self.weight = weight
        self.attributes: torch.Tensor | None = None
        self.targets: torch.Tensor | None = None
        super().__init__(dataset, classes, lazy_init)

    def full_init(self) -> None:
        """Read dataset and labels and bring them together."""
        if self.attributes is not None:
            return
        super().full_init()
        labels = PseudoLabels.load(self.label_file)
        own_classes = self.dataset.metainfo['classes']
        if tuple(labels.classes) != tuple(own_classes):
            raise InputError(
                f'{self.label_file} was made for the classes '
                f'{", ".join(labels.classes)}, but the dataset has '
                f'{", ".join(own_classes)} (the order counts); make it again '
                'for this dataset'
            )
        values, scores = map(
            torch.from_numpy,
            labels.select(image_ids(self.dataset), self.label_file),
        )
        self.attributes, targets = confident_labels(
            values, scores, self.threshold
        )
        if self.soft:
            self.targets = targets
        share = (self.attributes != UNKNOWN).float().mean().item()
        MMLogger.get_current_instance().info(
            f'{self.label_file}: {len(values)} images, '
            f'{100 * share:.1f} % of the values at or above the threshold '
            f'{self.threshold}'
        )

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation with its pseudo attributes."""
        info = super().get_data_info(idx)
        assert self.attributes is not None  # set by full_init
        info['gt_attributes'] = self.attributes[idx].clone()
        info['pseudo_labelled'] = True
        # For ForgetAttributes to fill in.
        info['forgotten_attributes'] = torch.zeros(
            len(info['gt_attributes']), dtype=torch.bool
        )
        if self.targets is not None:
            info['attribute_targets'] = self.targets[idx].clone()
        if self.weight != 1:
            info['attribute_weight'] = self.weight
        return info
