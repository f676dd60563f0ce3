from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpretrain.registry import METRICS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import UNKNOWN

from ..functional import ClassScores, one_vs_rest_auc, weighted_auc
from ..report import EvaluationReport
from .sample_fields import image_of, read_labels, read_scores

#: What each class has of its own.
CLASS_KEYS = ('precision', 'recall', 'f1', 'specificity')


@METRICS.register_module()
class WBCMetric(BaseMetric):
    """The cell type metrics of DAFFNet's Tables 2 to 4 and of Chen et al.

    In percent, with the prefix ``wbc``:

    - ``accuracy``;
    - ``precision``, ``recall``, ``f1``, ``specificity``: averages over the
      classes, weighted by support (DAFFNet's eq. (2)); a class's specificity
      is TN / (TN + FP), the class against the rest;
    - ``precision_macro``, ``recall_macro``, ``f1_macro``: plain averages over
      the classes that occur as a true or a predicted label, scikit-learn's
      default (``f1_macro`` is Chen et al.'s AF1);
    - ``auc_hard``: DAFFNet's "AUC", the mean of ``recall`` and
      ``specificity``; it looks at predicted classes only;
    - ``auc``: the area under the ROC curve that readers expect, from
      ``pred_score``, one class against the rest, weighted by support;
    - ``<class>/precision``, ``<class>/recall``, ``<class>/f1``,
      ``<class>/specificity``.

    Cells of unknown class (``gt_label`` -1) are left out of every count. A
    class that no cell has gets 0, as with scikit-learn's
    ``zero_division=0``, has no weight in the averages, and is named in the
    log. ``auc`` is nan, and the log says why, where no class has a ROC curve:
    all cells of one class, or no ``pred_score``.

    After each evaluation ``report`` holds the per-class table, which is also
    logged, the confusion matrix and the predictions
    (:class:`~daffnet_mm.evaluation.EvaluationReport`), on the main process.
    The class names are taken from ``classes`` in the dataset's metainfo.

    Args:
        **kwargs: As for MMEngine's ``BaseMetric``: ``prefix`` replaces
            ``wbc`` in the metric keys.

    Examples:
        >>> test_evaluator = [dict(type='WBCMetric')]
    """

    default_prefix = 'wbc'

    report: EvaluationReport | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """tuple[str, ...]: The class names of the dataset."""
        classes = (self.dataset_meta or {}).get('classes')
        if not classes:
            raise InputError(
                "WBCMetric needs the class names, but the dataset's metainfo "
                "has no 'classes'; set METAINFO in the dataset or metainfo="
                'dict(classes=[...]) in its config.'
            )
        return tuple(classes)

    def process(
        self, data_batch: Any, data_samples: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what the metrics need of a batch.

        Args:
            data_batch (Any): The batch; not used.
            data_samples (Sequence[dict]): The predictions: ``gt_label``,
                ``pred_label`` (or only ``pred_score``), ``pred_score`` (K
                probabilities) and, if there is one, ``img_path``.

        Raises:
            InputError: If a field is missing or a value is impossible.
        """
        size = len(self.classes)
        for sample in data_samples:
            (true,) = read_labels(
                sample, 'gt_label', [size], 'the dataset', unknown=True
            )
            score = read_scores(
                sample, 'pred_score', size, 'classes in the dataset'
            )
            if sample.get('pred_label') is None and score is not None:
                predicted = score.argmax()
            else:
                (predicted,) = read_labels(
                    sample,
                    'pred_label',
                    [size],
                    "the classification head's predict()",
                )
            self.results.append(
                {
                    'image': image_of(sample),
                    'true': int(true),
                    'predicted': int(predicted),
                    'score': score,
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
            InputError: If no cell has a known class.
        """
        known = [item for item in results if item['true'] != UNKNOWN]
        if not known:
            raise InputError(
                f'WBCMetric got {len(results)} cells, and none has a known '
                'class (gt_label); use it on a dataset with cell types.'
            )
        classes = self.classes
        true = np.array([item['true'] for item in known])
        predicted = np.array([item['predicted'] for item in known])
        scores = ClassScores.from_labels(true, predicted, len(classes))

        areas = np.full(len(classes), np.nan)
        has_scores = all(item['score'] is not None for item in known)
        if has_scores:
            areas = one_vs_rest_auc(
                true, np.stack([item['score'] for item in known])
            )

        of_classes = {key: getattr(scores, key) for key in CLASS_KEYS}
        metrics = {'accuracy': scores.accuracy}
        for key, values in of_classes.items():
            metrics[key] = scores.weighted(values)
        for key in ('precision', 'recall', 'f1'):
            metrics[f'{key}_macro'] = scores.macro(of_classes[key])
        metrics['auc_hard'] = (metrics['recall'] + metrics['specificity']) / 2
        metrics['auc'] = weighted_auc(areas, scores.support)
        for index, name in enumerate(classes):
            for key, values in of_classes.items():
                metrics[f'{name}/{key}'] = values[index]
        metrics = {key: 100 * float(value) for key, value in metrics.items()}

        self.report = EvaluationReport(
            name=self.prefix,
            metrics={f'{self.prefix}/{k}': v for k, v in metrics.items()},
            table=_table(classes, scores, areas, metrics),
            confusions={'cell_type': (classes, scores.confusion)},
            predictions=[_prediction(item, classes) for item in results],
            notes=_notes(
                classes, scores, has_scores, len(results) - len(known)
            ),
        )
        self.report.log('cell types')
        return metrics


def _table(
    classes: Sequence[str],
    scores: ClassScores,
    areas: np.ndarray,
    metrics: Mapping[str, float],
) -> list[dict[str, Any]]:
    """A row per class, then the weighted and the macro averages."""
    rows = [
        {
            'class': name,
            'support': int(scores.support[index]),
            **{key: metrics[f'{name}/{key}'] for key in CLASS_KEYS},
            'auc': 100 * float(areas[index]),
        }
        for index, name in enumerate(classes)
    ]
    total = int(scores.support.sum())
    rows.append(
        {
            'class': 'weighted average',
            'support': total,
            **{key: metrics[key] for key in (*CLASS_KEYS, 'auc')},
        }
    )
    rows.append(
        {
            'class': 'macro average',
            'support': total,
            **{
                key: 100 * scores.macro(getattr(scores, key))
                for key in CLASS_KEYS
            },
            'auc': float('nan'),
        }
    )
    return rows


def _prediction(
    item: Mapping[str, Any], classes: Sequence[str]
) -> dict[str, Any]:
    score = item['score']
    row = {
        'image': item['image'],
        'true': '' if item['true'] == UNKNOWN else classes[item['true']],
        'predicted': classes[item['predicted']],
        'probability': None,
    }
    if score is not None:
        row['probability'] = float(score[item['predicted']])
    for index, name in enumerate(classes):
        row[f'p({name})'] = None if score is None else float(score[index])
    return row


def _notes(
    classes: Sequence[str],
    scores: ClassScores,
    has_scores: bool,
    unknown: int,
) -> list[str]:
    notes = []
    if unknown:
        notes.append(f'{unknown} cells of unknown class are left out.')
    absent = [classes[int(k)] for k in np.flatnonzero(scores.support == 0)]
    if absent:
        notes.append(
            f'no cell of the class {", ".join(absent)} in this split: its '
            'recall and F1 are 0, and it has no weight in the averages.'
        )
    if not has_scores:
        notes.append(
            'auc has no value: the predictions have no pred_score, '
            "which the classification head's predict() sets."
        )
    elif (scores.support > 0).sum() == 1:
        notes.append(
            'auc has no value and specificity is 0: all cells of '
            'this split are of one class.'
        )
    return notes
