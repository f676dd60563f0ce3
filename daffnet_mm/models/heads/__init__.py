from .fusion_head import FusionHead
from .map_head import MAPHead, divide_outputs, find_map_head

__all__ = ['FusionHead', 'MAPHead', 'divide_outputs', 'find_map_head']
