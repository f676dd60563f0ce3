from .confusion_matrix import plot_attribute_confusions, plot_confusion_matrix
from .grad_cam import GradCAMExplainer, plot_explanations
from .reliability_diagram import plot_reliability
from .robustness_curves import plot_robustness
from .roc_curves import plot_roc
from .save_figure import save_figure
from .training_curves import plot_training_curves

__all__ = [
    'GradCAMExplainer',
    'plot_attribute_confusions',
    'plot_confusion_matrix',
    'plot_explanations',
    'plot_reliability',
    'plot_robustness',
    'plot_roc',
    'plot_training_curves',
    'save_figure',
]
