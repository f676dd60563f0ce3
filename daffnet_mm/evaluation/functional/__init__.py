from .class_scores import ClassScores
from .one_vs_rest_auc import one_vs_rest_auc, weighted_auc

__all__ = ['ClassScores', 'one_vs_rest_auc', 'weighted_auc']
