from .metrics import MultiAttributeMetric, WBCMetric
from .report import EvaluationReport, write_report
from .significance import McNemarResult, mcnemar_test

__all__ = [
    'EvaluationReport',
    'McNemarResult',
    'MultiAttributeMetric',
    'WBCMetric',
    'mcnemar_test',
    'write_report',
]
