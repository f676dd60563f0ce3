"""From a field of a smear to its cells, their types and a picture of them."""

from .cutting import MARGIN, cut_cell
from .drawing import draw_field, read_and_draw
from .field_result import FieldCell, FieldResult
from .predicting import predict_field

__all__ = [
    'MARGIN',
    'FieldCell',
    'FieldResult',
    'cut_cell',
    'draw_field',
    'predict_field',
    'read_and_draw',
]
