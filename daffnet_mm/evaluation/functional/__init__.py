from daffnet_lite.profiles import scale_temperature

from .annotator_agreement import (
    annotator_confusions,
    disagreement,
    smoothing_table,
)
from .balanced_accuracy import (
    FEWEST_CELLS,
    BalancedAccuracy,
    balanced_accuracy,
    counted_classes,
)
from .calibration import (
    ReliabilityBins,
    fit_temperature,
    log_loss_bits,
)
from .class_scores import ClassScores, one_vs_rest_auc, weighted_auc
from .significance import McNemarResult, mcnemar_test

__all__ = [
    'FEWEST_CELLS',
    'BalancedAccuracy',
    'ClassScores',
    'McNemarResult',
    'ReliabilityBins',
    'annotator_confusions',
    'balanced_accuracy',
    'counted_classes',
    'disagreement',
    'fit_temperature',
    'log_loss_bits',
    'mcnemar_test',
    'one_vs_rest_auc',
    'scale_temperature',
    'smoothing_table',
    'weighted_auc',
]
