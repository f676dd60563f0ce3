from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpretrain.registry import METRICS

from daffnet_mm.errors import InputError
from daffnet_mm.structures import UNKNOWN, WBC_ATTRIBUTES

from ..functional import ReliabilityBins, log_loss_bits
from .sample_fields import Sample, read_labels, read_scores


@METRICS.register_module()
class CalibrationMetric(BaseMetric):
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
        num_bins (int): Bins of the calibration error. Defaults to 15.
        collect_device (str): Where results of several processes are
            collected, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str, optional): Replaces ``calibration`` in the metric keys.
        collect_dir (str, optional): Folder through which results are
            collected on the CPU. Defaults to None, a temporary one.

    Examples:
        >>> val_evaluator = [dict(type='CalibrationMetric')]
    """

    default_prefix = 'calibration'

    #: The target that is no attribute.
    CELL_TYPE = 'cell_type'

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]] | None = None,
        num_bins: int = 15,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        attributes = WBC_ATTRIBUTES if attributes is None else attributes
        self.attributes = {k: tuple(v) for k, v in attributes.items()}
        self.num_bins = num_bins
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
            result = self._read_attributes(sample)
            score = sample.get('pred_score')
            if score is not None and sample.get('gt_label') is not None:
                size = len(score)
                score = read_scores(sample, 'pred_score', size, 'classes')
                (true,) = read_labels(
                    sample, 'gt_label', [size], 'the dataset', unknown=True
                )
                result[self.CELL_TYPE] = (score, int(true))
            self.results.append(result)

    def _read_attributes(self, sample: Sample) -> dict[str, Any]:
        sizes = [len(values) for values in self.attributes.values()]
        scores = read_scores(
            sample,
            'pred_attribute_scores',
            sum(sizes),
            f'values of the {len(sizes)} attributes',
        )
        if scores is None or sample.get('gt_attributes') is None:
            return {}
        names = list(self.attributes)
        true = read_labels(
            sample, 'gt_attributes', sizes, 'the dataset', names, unknown=True
        )
        parts = np.split(scores, np.cumsum(sizes)[:-1])
        pairs = zip(parts, true.tolist(), strict=True)
        return dict(zip(names, pairs, strict=True))

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
            bins = ReliabilityBins.from_scores(scores, true, self.num_bins)
            metrics[f'{name}/ece'] = 100 * bins.error
            metrics[f'{name}/nll'] = log_loss_bits(scores, true)
        names = [name for name in self.attributes if name in self.predictions]
        if names:
            for key in ('ece', 'nll'):
                metrics[key] = float(
                    np.mean([metrics[f'{name}/{key}'] for name in names])
                )
        return metrics
