from .multi_attribute_metric import MultiAttributeMetric
from .wbc_metric import WBCMetric

__all__ = ['MultiAttributeMetric', 'WBCMetric']
