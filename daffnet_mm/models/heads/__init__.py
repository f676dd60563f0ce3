from .find_map_head import find_map_head
from .fusion_head import FusionHead
from .map_head import MAPHead

__all__ = ['FusionHead', 'MAPHead', 'find_map_head']
