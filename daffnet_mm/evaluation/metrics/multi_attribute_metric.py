from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmpretrain.registry import METRICS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import (
    EQUIVALENT_VALUES,
    POSITIVE_VALUES,
    UNKNOWN,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up

from ..functional import ClassScores, one_vs_rest_auc, weighted_auc
from ..report import Confusion, EvaluationReport
from .attribute_metric import AttributeMetric
from .sample_fields import image_of


@METRICS.register_module()
class MultiAttributeMetric(AttributeMetric):
    """The attribute metrics of DAFFNet's Tables 5 and 6, and of WBCAtt.

    In percent, with the prefix ``attr``, of all attributes together and of
    each as ``<attribute>/<key>``:

    - ``accuracy``;
    - ``f1_macro``: the plain mean of the F1 of the attribute's values that
      occur as true or predicted (scikit-learn's default), WBCAtt's figure;
    - ``precision``, ``recall``, ``specificity``, ``f1``: of the positive
      value where ``positive_values`` names one, else averages over the
      attribute's values weighted by support (DAFFNet's eq. (2));
    - ``auc_hard``: DAFFNet's "AUC", the mean of ``recall`` and
      ``specificity``;
    - ``auc``: the area under the ROC curve from ``pred_attribute_scores``,
      one value against the rest, weighted by support;
    - ``subset_accuracy``, eq. (3): cells whose attributes are all right,
      among the cells whose attributes are all known;
    - ``hamming_loss``, eq. (4): wrong values among the known ones;
    - ``jaccard``, eq. (5): a cell's label set is its attribute-value pairs,
      so ``c`` right out of ``k`` known ones share ``c`` pairs of
      ``2 k - c``; the mean over the cells that have any known one;
    - ``violations`` (not of single attributes): cells whose predicted values
      contradict each other, having some but not all of
      ``equivalent_values``.

    The first eight are plain means over the attributes; the last four count
    over the cells. Of a single attribute, subset accuracy and Jaccard
    similarity equal the accuracy, and the Hamming loss is what it leaves.

    Unknown values (-1) are left out of every count. A value that no cell has
    gets 0, as with scikit-learn's ``zero_division=0``; an attribute that no
    cell knows has no value (nan) and is left out of the means; both are named
    in the log.

    After each evaluation ``report`` holds the per-attribute table, which is
    also logged, the confusion matrices and the predictions
    (:class:`~daffnet_mm.evaluation.EvaluationReport`), on the main process.

    Args:
        attributes (dict, optional): Attribute names to their values, in the
            order of ``gt_attributes``. Defaults to None, the eleven
            attributes of WBCAtt.
        positive_values (dict, optional): The value that an attribute's
            precision and recall speak of. Defaults to None, the rarer value
            of WBCAtt's binary attributes, as in the paper.
        equivalent_values (dict, optional): Attributes and their values that
            a cell has all together or not at all; empty leaves ``violations``
            out. Defaults to None, WBCAtt's granule type "nil", granule colour
            "nil" and granularity "no", where the attributes have them.
        **kwargs: As for MMEngine's ``BaseMetric``: ``prefix`` replaces
            ``attr`` in the metric keys.

    Examples:
        >>> val_evaluator = [dict(type='MultiAttributeMetric')]
    """

    default_prefix = 'attr'
    report: EvaluationReport | None = None

    #: Means over the attributes.
    MEAN_KEYS = (
        'accuracy',
        'f1_macro',
        'precision',
        'recall',
        'specificity',
        'f1',
        'auc_hard',
        'auc',
    )
    #: Counts over the cells.
    CELL_KEYS = ('subset_accuracy', 'hamming_loss', 'jaccard')

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]] | None = None,
        positive_values: Mapping[str, str] | None = None,
        equivalent_values: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(attributes, **kwargs)
        if positive_values is None:
            positive_values = self._existing(POSITIVE_VALUES)
        self._check_values('positive_values', positive_values)
        self.positive_values = dict(positive_values)
        if equivalent_values is None:
            equivalent_values = self._existing(EQUIVALENT_VALUES)
            if equivalent_values != EQUIVALENT_VALUES:
                equivalent_values = {}
        self._check_values('equivalent_values', equivalent_values)
        self.equivalent_values = dict(equivalent_values)

    def _existing(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in values.items()
            if value in self.attributes.get(name, ())
        }

    def _check_values(self, argument: str, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if name not in self._existing(values):
                raise InputError(
                    f'{argument} says {name}={value!r}, but the '
                    f'attributes have no such value: {self.attributes}.'
                )

    def process(
        self, data_batch: Any, data_samples: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what the metrics need of a batch.

        Args:
            data_batch (Any): The batch; not used.
            data_samples (Sequence[dict]): The predictions: ``gt_attributes``,
                ``pred_attributes`` (or only ``pred_attribute_scores``),
                ``pred_attribute_scores`` (each attribute's probabilities, one
                attribute after the other) and, if there is one,
                ``img_path``.

        Raises:
            InputError: If a field is missing or a value is impossible.
        """
        for sample in data_samples:
            true = self.read_values(
                sample,
                'gt_attributes',
                'a dataset with attributes, such as WBCAtt,',
                unknown=True,
            )
            scores = self.read_value_scores(sample)
            if sample.get('pred_attributes') is None and scores is not None:
                predicted = np.array(
                    [part.argmax() for part in self.split(scores)]
                )
            else:
                predicted = self.read_values(
                    sample,
                    'pred_attributes',
                    'the predict() of the attribute head (MAPHead)',
                )
            self.results.append(
                {
                    'image': image_of(sample),
                    'true': true.astype(np.int16),
                    'predicted': predicted.astype(np.int16),
                    'scores': scores,
                }
            )

    def compute_metrics(
        self, results: list[dict[str, Any]]
    ) -> dict[str, float]:
        """Compute the metrics, log the table and keep the report.

        Args:
            results (list[dict]): What :meth:`process` kept of all cells.

        Returns:
            dict[str, float]: Metric names (without the prefix) and values in
            percent.

        Raises:
            InputError: If no cell has a known attribute.
        """
        true = np.array([item['true'] for item in results])
        if not (true != UNKNOWN).any():
            raise InputError(
                f'MultiAttributeMetric got {len(results)} cells, and none has '
                'a known attribute (gt_attributes); use it on a dataset with '
                'attributes, such as WBCAtt.'
            )
        predicted = np.array([item['predicted'] for item in results])
        has_scores = all(item['scores'] is not None for item in results)
        per_attribute: dict[str, dict[str, float]] = {}
        confusions: dict[str, Confusion] = {}
        notes = []
        if has_scores:
            parts = self.split(np.stack([item['scores'] for item in results]))
        else:
            notes.append(
                'auc has no value: the predictions have no '
                'pred_attribute_scores, which the predict() of the attribute '
                'head (MAPHead) sets.'
            )
        for index, (name, values) in enumerate(self.attributes.items()):
            known = true[:, index] != UNKNOWN
            if not known.any():
                notes.append(
                    f'no cell has a known {name}: it has no value '
                    'and is left out of the means.'
                )
                per_attribute[name] = dict.fromkeys(
                    self.MEAN_KEYS + self.CELL_KEYS, float('nan')
                )
                confusions[name] = (values, np.zeros((len(values),) * 2, int))
                continue
            scores = ClassScores.from_labels(
                true[known, index], predicted[known, index], len(values)
            )
            auc = float('nan')
            if has_scores:
                areas = one_vs_rest_auc(
                    true[known, index], parts[index][known]
                )
                auc = weighted_auc(areas, scores.support)
            per_attribute[name] = self._of_attribute(name, scores, auc)
            confusions[name] = (values, scores.confusion)
            notes += _absence_notes(name, values, scores)

        overall = {
            key: _nanmean([m[key] for m in per_attribute.values()])
            for key in self.MEAN_KEYS
        }
        overall.update(_of_cells(true, predicted))
        if self.equivalent_values:
            overall['violations'] = self._violations(predicted)
        if np.isnan(overall['subset_accuracy']):
            notes.append(
                'subset_accuracy has no value: no cell has all '
                'attributes known.'
            )
        metrics = {key: 100 * value for key, value in overall.items()}
        for name, of_attribute in per_attribute.items():
            for key, value in of_attribute.items():
                metrics[f'{name}/{key}'] = 100 * value

        self.report = EvaluationReport(
            name=self.prefix,
            metrics={f'{self.prefix}/{k}': v for k, v in metrics.items()},
            table=self._table(metrics, confusions),
            confusions=confusions,
            predictions=[self._prediction(item) for item in results],
            notes=notes,
        )
        self.report.log('attributes', _whole_cells(metrics))
        return metrics

    def _of_attribute(
        self, name: str, scores: ClassScores, auc: float
    ) -> dict[str, float]:
        """One attribute's metrics, as fractions."""

        def pick(values: np.ndarray) -> float:
            if name not in self.positive_values:
                return scores.weighted(values)
            index = self.attributes[name].index(self.positive_values[name])
            return float(values[index])

        recall, specificity = pick(scores.recall), pick(scores.specificity)
        return {
            'accuracy': scores.accuracy,
            'f1_macro': scores.macro(scores.f1),
            'precision': pick(scores.precision),
            'recall': recall,
            'specificity': specificity,
            'f1': pick(scores.f1),
            'auc_hard': (recall + specificity) / 2,
            'auc': auc,
            # A label set of one pair is right or wrong as a whole
            'subset_accuracy': scores.accuracy,
            'hamming_loss': 1 - scores.accuracy,
            'jaccard': scores.accuracy,
        }

    def _violations(self, predicted: np.ndarray) -> float:
        """Share of the cells that have some of the values and lack others."""
        names = list(self.attributes)
        having = np.stack(
            [
                predicted[:, names.index(n)] == self.attributes[n].index(value)
                for n, value in self.equivalent_values.items()
            ]
        )
        return float((having.any(axis=0) & ~having.all(axis=0)).mean())

    def _table(
        self,
        metrics: Mapping[str, float],
        confusions: Mapping[str, Confusion],
    ) -> list[dict[str, Any]]:
        """A row per attribute and one of the means, as in Table 5."""
        rows: list[dict[str, Any]] = [
            {
                'attribute': name,
                'positive': self.positive_values.get(name, 'weighted'),
                'known': int(counts.sum()),
                **{key: metrics[f'{name}/{key}'] for key in self.MEAN_KEYS},
            }
            for name, (_, counts) in confusions.items()
        ]
        rows.append(
            {
                'attribute': 'overall',
                'positive': 'mean',
                'known': sum(row['known'] for row in rows),
                **{key: metrics[key] for key in self.MEAN_KEYS},
            }
        )
        return rows

    def _prediction(self, item: Mapping[str, Any]) -> dict[str, Any]:
        row = {'image': item['image']}
        parts: Sequence[Any] = [None] * len(self.attributes)
        if item['scores'] is not None:
            parts = self.split(item['scores'])
        for (name, values), true, predicted, part in zip(
            self.attributes.items(),
            item['true'],
            item['predicted'],
            parts,
            strict=True,
        ):
            row[name] = '' if true == UNKNOWN else values[true]
            row[f'{name}_predicted'] = values[predicted]
            row[f'{name}_probability'] = (
                None if part is None else float(part[predicted])
            )
        return row


def _of_cells(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Eqs. (3) to (5) over the known values, as fractions.

    ``true`` and ``predicted`` are value indices, both of shape (N, A). Subset
    accuracy is nan if no cell is known whole.
    """
    known = true != UNKNOWN
    right = known & (true == predicted)
    whole = known.all(axis=1)
    num_known, num_right = known.sum(axis=1), right.sum(axis=1)
    some = num_known > 0
    jaccard = num_right[some] / (2 * num_known[some] - num_right[some])
    subset = float(right[whole].all(axis=1).mean()) if whole.any() else np.nan
    return {
        'subset_accuracy': subset,
        'hamming_loss': 1 - float(right.sum() / known.sum()),
        'jaccard': float(jaccard.mean()),
    }


def _whole_cells(metrics: Mapping[str, float]) -> str:
    """The figures over the cells, which the table does not have."""
    line = (
        'whole cells: '
        f'subset accuracy {rounded_down(metrics["subset_accuracy"], 2)}, '
        f'Hamming loss {rounded_up(metrics["hamming_loss"], 2)}, '
        f'Jaccard similarity {rounded_down(metrics["jaccard"], 2)}'
    )
    if 'violations' in metrics:
        line += f', contradictions {rounded_up(metrics["violations"], 2)}'
    return line


def _absence_notes(
    name: str, values: Sequence[str], scores: ClassScores
) -> list[str]:
    """Say which values are absent, and what follows."""
    absent = [values[int(k)] for k in np.flatnonzero(scores.support == 0)]
    if not absent:
        return []
    note = f'no cell has {name} {" or ".join(absent)}: '
    if len(absent) == len(values) - 1:
        note += (
            'with one value only, recall or specificity is 0 and auc has no '
            'value.'
        )
    else:
        note += (
            'its recall and F1 are 0, and it has no weight in the averages.'
        )
    return [note]


def _nanmean(values: Sequence[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float('nan')
