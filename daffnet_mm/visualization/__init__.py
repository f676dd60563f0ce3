from .attribute_evidence import (
    AttributeEvidence,
    decides_by_attributes,
    plot_attribute_evidence,
    weigh_attributes,
)
from .confusion_matrix import plot_attribute_confusions, plot_confusion_matrix
from .curves import plot_robustness, plot_roc, plot_training_curves
from .grad_cam import GradCAMExplainer, plot_explanations
from .occlusion import OcclusionExplainer
from .reliability_diagram import plot_reliability
from .save_figure import save_figure

__all__ = [
    'AttributeEvidence',
    'GradCAMExplainer',
    'OcclusionExplainer',
    'decides_by_attributes',
    'plot_attribute_confusions',
    'plot_attribute_evidence',
    'plot_confusion_matrix',
    'plot_explanations',
    'plot_reliability',
    'plot_robustness',
    'plot_roc',
    'plot_training_curves',
    'save_figure',
    'weigh_attributes',
]
