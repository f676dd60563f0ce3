from .metrics import CalibrationMetric, MultiAttributeMetric, WBCMetric
from .report import EvaluationReport, write_report
from .significance import McNemarResult, mcnemar_test

__all__ = [
    'CalibrationMetric',
    'EvaluationReport',
    'McNemarResult',
    'MultiAttributeMetric',
    'WBCMetric',
    'mcnemar_test',
    'write_report',
]
