"""What is made of a model's answers, whatever it ran on."""

from .cell_result import CellResult
from .collected import Answers, Inferencer, Rows
from .differential import count_answers, differential_count
from .html_report import HtmlReport
from .model_identity import ModelIdentity
from .pictures import as_address
from .rows import as_row
from .tables import as_tables
from .writing import TABLE_WIDTH, print_result, write_result

__all__ = [
    'TABLE_WIDTH',
    'Answers',
    'CellResult',
    'HtmlReport',
    'Inferencer',
    'ModelIdentity',
    'Rows',
    'as_address',
    'as_row',
    'as_tables',
    'count_answers',
    'differential_count',
    'print_result',
    'write_result',
]
