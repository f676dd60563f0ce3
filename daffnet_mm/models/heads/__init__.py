from .fusion_head import FusionHead
from .map_head import MAPHead

__all__ = ['FusionHead', 'MAPHead']
