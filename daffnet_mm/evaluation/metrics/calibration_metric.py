from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmpretrain.registry import METRICS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import UNKNOWN

from ..functional import ReliabilityBins, log_loss_bits
from .attribute_metric import AttributeMetric
from .sample_fields import read_labels, read_scores


@METRICS.register_module()
class CalibrationMetric(AttributeMetric):
    """Whether predicted probabilities are the frequencies of being right.

    With the prefix ``calibration``, for each attribute and for ``cell_type``,
    as far as truth and predictions have them:

    - ``<target>/ece``: the expected calibration error of the predicted value
      in percent (Guo et al., ICML 2017);
    - ``<target>/nll``: the cross entropy in bits;

    and ``ece`` and ``nll``, the plain means over the attributes. Unknown
    values (-1) are left out.

    After each evaluation ``predictions`` holds, by target, the probabilities
    (N, K) and true values (N, ) of the known cells.

    Args:
        attributes (dict, optional): Attribute names to their values, in the
            order of ``gt_attributes``. Defaults to None, the eleven
            attributes of WBCAtt.
        **kwargs: As for MMEngine's ``BaseMetric``: ``prefix`` replaces
            ``calibration`` in the metric keys.

    Examples:
        >>> val_evaluator = [dict(type='CalibrationMetric')]
    """

    default_prefix = 'calibration'

    #: The target that is no attribute.
    CELL_TYPE = 'cell_type'

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(attributes, **kwargs)
        self.predictions: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def process(
        self, data_batch: Any, data_samples: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what the metrics need of a batch.

        Args:
            data_batch (Any): The batch; not used.
            data_samples (Sequence[dict]): The predictions:
                ``gt_attributes`` and ``pred_attribute_scores``, or
                ``gt_label`` and ``pred_score``, or both pairs.

        Raises:
            InputError: If a value is impossible.
        """
        for sample in data_samples:
            result: dict[str, Any] = {}
            scores = self.read_value_scores(sample)
            if scores is not None and sample.get('gt_attributes') is not None:
                true = self.read_values(
                    sample, 'gt_attributes', 'the dataset', unknown=True
                )
                pairs = zip(self.split(scores), true.tolist(), strict=True)
                result = dict(zip(self.attributes, pairs, strict=True))
            score = sample.get('pred_score')
            if score is not None and sample.get('gt_label') is not None:
                size = len(score)
                score = read_scores(sample, 'pred_score', size, 'classes')
                (label,) = read_labels(
                    sample, 'gt_label', [size], 'the dataset', unknown=True
                )
                result[self.CELL_TYPE] = (score, int(label))
            self.results.append(result)

    def compute_metrics(
        self, results: list[dict[str, Any]]
    ) -> dict[str, float]:
        """Compute the metrics and keep the predictions.

        Args:
            results (list[dict]): What :meth:`process` kept of all cells.

        Returns:
            dict[str, float]: Metric names (without the prefix) and values.

        Raises:
            InputError: If no cell has a known value with a prediction.
        """
        self.predictions = {}
        for name in (*self.attributes, self.CELL_TYPE):
            pairs = [
                result[name]
                for result in results
                if name in result and result[name][1] != UNKNOWN
            ]
            if pairs:
                self.predictions[name] = (
                    np.stack([scores for scores, _ in pairs]),
                    np.array([true for _, true in pairs]),
                )
        if not self.predictions:
            raise InputError(
                f'CalibrationMetric got {len(results)} cells, and none has a '
                'known attribute or cell type together with its predicted '
                'probabilities; use it on annotated data.'
            )
        metrics = {}
        for name, (scores, true) in self.predictions.items():
            bins = ReliabilityBins.from_scores(scores, true)
            metrics[f'{name}/ece'] = 100 * bins.error
            metrics[f'{name}/nll'] = log_loss_bits(scores, true)
        names = [name for name in self.attributes if name in self.predictions]
        if names:
            for key in ('ece', 'nll'):
                values = [metrics[f'{name}/{key}'] for name in names]
                metrics[key] = float(np.mean(values))
        return metrics
