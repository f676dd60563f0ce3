import numpy as np
from sklearn.metrics import roc_auc_score


def one_vs_rest_auc(true, scores):
    """Area under the ROC curve of each class against the rest.

    Args:
        true (np.ndarray): Class indices, int, shape (N, ).
        scores (np.ndarray): The probability of each class, shape (N, K).

    Returns:
        np.ndarray: Areas in [0, 1], shape (K, ); nan for a class that no
        sample or every sample has, which has no ROC curve.
    """
    areas = np.full(scores.shape[1], np.nan)
    for index in range(scores.shape[1]):
        positive = true == index
        if positive.any() and not positive.all():
            areas[index] = roc_auc_score(positive, scores[:, index])
    return areas


def weighted_auc(areas, support):
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
