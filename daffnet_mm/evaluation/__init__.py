from .functional import McNemarResult, mcnemar_test
from .metrics import CalibrationMetric, MultiAttributeMetric, WBCMetric
from .report import EvaluationReport, write_report

__all__ = [
    'CalibrationMetric',
    'EvaluationReport',
    'McNemarResult',
    'MultiAttributeMetric',
    'WBCMetric',
    'mcnemar_test',
    'write_report',
]
