from .fusion_head import FusionHead
from .map_head import MAPHead, divide_outputs, find_map_head
from .two_looks_cls_head import TwoLooksClsHead

__all__ = [
    'FusionHead',
    'MAPHead',
    'TwoLooksClsHead',
    'divide_outputs',
    'find_map_head',
]
