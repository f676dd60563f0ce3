from .audit import audit_datasets
from .tables import print_report

__all__ = ['audit_datasets', 'print_report']
