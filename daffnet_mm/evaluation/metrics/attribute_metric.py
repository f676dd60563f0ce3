from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from daffnet_lite.structures import WBC_ATTRIBUTES

from .sample_fields import Sample, read_labels, read_scores


class AttributeMetric(BaseMetric):
    """Base of the metrics that read a cell's attributes.

    Args:
        attributes (dict, optional): Attribute names to their values, in the
            order of ``gt_attributes``. Defaults to None, the eleven
            attributes of WBCAtt.
        **kwargs: As for MMEngine's ``BaseMetric``.
    """

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        attributes = WBC_ATTRIBUTES if attributes is None else attributes
        self.attributes = {k: tuple(v) for k, v in attributes.items()}
        self.sizes = [len(values) for values in self.attributes.values()]

    def split(self, scores: np.ndarray) -> list[np.ndarray]:
        """Cut (..., 31) scores into one array per attribute."""
        return np.split(scores, np.cumsum(self.sizes)[:-1], axis=-1)

    def read_values(
        self, sample: Sample, name: str, from_whom: str, unknown: bool = False
    ) -> np.ndarray:
        """Read value indices, as :func:`read_labels` does."""
        names = list(self.attributes)
        return read_labels(sample, name, self.sizes, from_whom, names, unknown)

    def read_value_scores(self, sample: Sample) -> np.ndarray | None:
        """Read the probabilities of all values, if the sample has them."""
        return read_scores(
            sample,
            'pred_attribute_scores',
            sum(self.sizes),
            f'values of the {len(self.sizes)} attributes',
        )
