from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassScores:
    """Every class's precision, recall, specificity and F1, one against rest.

    A score whose denominator is zero is 0, as with scikit-learn's
    ``zero_division=0``: the recall of a class that no sample has, the
    precision of one that is never predicted, the specificity of one that
    every sample has.

    Attributes:
        confusion (np.ndarray): Counts, int, shape (K, K); rows are true
            classes, columns predicted ones.
        precision (np.ndarray): TP / (TP + FP), shape (K, ), in [0, 1].
        recall (np.ndarray): TP / (TP + FN), shape (K, ), in [0, 1].
        specificity (np.ndarray): TN / (TN + FP), shape (K, ), in [0, 1].
        f1 (np.ndarray): Harmonic mean of precision and recall, shape (K, ).
        support (np.ndarray): Samples that truly have the class, int,
            shape (K, ).
    """

    confusion: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    specificity: np.ndarray
    f1: np.ndarray
    support: np.ndarray

    @classmethod
    def from_labels(
        cls, true: np.ndarray, predicted: np.ndarray, num_classes: int
    ) -> 'ClassScores':
        """Count the scores of predicted against true labels.

        Args:
            true (np.ndarray): Class indices, int, shape (N, ) with N >= 1.
            predicted (np.ndarray): Class indices, int, shape (N, ).
            num_classes (int): K; every index is in ``range(K)``.

        Returns:
            ClassScores: The scores of the K classes.
        """
        from sklearn.metrics import (
            confusion_matrix,
            precision_recall_fscore_support,
        )

        labels = np.arange(num_classes)
        confusion = confusion_matrix(true, predicted, labels=labels)
        precision, recall, f1, support = precision_recall_fscore_support(
            true, predicted, labels=labels, average=None, zero_division=0
        )

        negatives = confusion.sum() - support
        false_positives = confusion.sum(axis=0) - np.diag(confusion)
        # max(1) only matters where there are no negatives, hence no true ones
        specificity = (negatives - false_positives) / np.maximum(negatives, 1)
        return cls(confusion, precision, recall, specificity, f1, support)

    @property
    def accuracy(self) -> float:
        """float: Share of the samples whose class is right, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    def weighted(self, scores: np.ndarray) -> float:
        """Average over classes by their support, DAFFNet's eq. (2).

        Args:
            scores (np.ndarray): One score per class, shape (K, ).

        Returns:
            float: The average; a class without support has no part in it.
        """
        return float(np.average(scores, weights=self.support))

    def macro(self, scores: np.ndarray) -> float:
        """Average over the classes that occur, true or predicted, equally.

        These are the classes that scikit-learn's ``average='macro'`` takes
        when it is not told the labels.

        Args:
            scores (np.ndarray): One score per class, shape (K, ).

        Returns:
            float: The average.
        """
        occurs = (self.confusion.sum(axis=0) + self.support) > 0
        return float(scores[occurs].mean())


def one_vs_rest_auc(true: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each class against the rest.

    Args:
        true (np.ndarray): Class indices, int, shape (N, ).
        scores (np.ndarray): The probability of each class, shape (N, K).

    Returns:
        np.ndarray: Areas in [0, 1], shape (K, ); nan for a class that no
        sample or every sample has, which has no ROC curve.
    """
    from sklearn.metrics import roc_auc_score

    areas = np.full(scores.shape[1], np.nan)
    for index in range(scores.shape[1]):
        positive = true == index
        if positive.any() and not positive.all():
            areas[index] = roc_auc_score(positive, scores[:, index])
    return areas


def weighted_auc(areas: np.ndarray, support: np.ndarray) -> float:
    """Average the one-vs-rest areas by support.

    Where every class occurs this is scikit-learn's
    ``roc_auc_score(multi_class='ovr', average='weighted')``. A class without
    an area is left out, where scikit-learn would refuse the whole split.

    Args:
        areas (np.ndarray): From :func:`one_vs_rest_auc`, shape (K, ).
        support (np.ndarray): Samples of each class, shape (K, ).

    Returns:
        float: The average in [0, 1], nan if no class has an area.
    """
    defined = ~np.isnan(areas)
    if not defined.any():
        return float('nan')
    return float(np.average(areas[defined], weights=support[defined]))
