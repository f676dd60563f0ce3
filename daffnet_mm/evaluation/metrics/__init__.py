from .calibration_metric import CalibrationMetric
from .multi_attribute_metric import MultiAttributeMetric
from .wbc_metric import WBCMetric

__all__ = ['CalibrationMetric', 'MultiAttributeMetric', 'WBCMetric']
