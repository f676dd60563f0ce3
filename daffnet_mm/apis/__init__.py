from .pseudo_labelling import label_all, pseudo_label
from .robustness import CORRUPTIONS, measure_robustness
from .shipped_model import SHIPPED_CONFIG, SHIPPED_WEIGHTS, shipped_file
from .trained_classifier import ClassifierResult, TrainedClassifier
from .wbc_inferencer import WBCInferencer

__all__ = [
    'CORRUPTIONS',
    'SHIPPED_CONFIG',
    'SHIPPED_WEIGHTS',
    'ClassifierResult',
    'TrainedClassifier',
    'WBCInferencer',
    'label_all',
    'measure_robustness',
    'pseudo_label',
    'shipped_file',
]
