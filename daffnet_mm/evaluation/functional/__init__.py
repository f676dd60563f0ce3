from .annotator_agreement import (
    annotator_confusions,
    disagreement,
    smoothing_table,
)
from .calibration import (
    ReliabilityBins,
    fit_temperature,
    log_loss_bits,
    scale_temperature,
)
from .class_scores import ClassScores
from .one_vs_rest_auc import one_vs_rest_auc, weighted_auc

__all__ = [
    'ClassScores',
    'ReliabilityBins',
    'annotator_confusions',
    'disagreement',
    'fit_temperature',
    'log_loss_bits',
    'one_vs_rest_auc',
    'scale_temperature',
    'smoothing_table',
    'weighted_auc',
]
