from .confusion_matrix import plot_attribute_confusions, plot_confusion_matrix

__all__ = ['plot_attribute_confusions', 'plot_confusion_matrix']
