from .channel_attention import ECA, SE, ChannelAttention
from .psa import PSA
from .scam import CSAM, SCAM, ParallelAttention
from .spatial_attention import SpatialAttention
from .spatial_transformer import SpatialTransformer

__all__ = [
    'CSAM',
    'ChannelAttention',
    'ECA',
    'PSA',
    'ParallelAttention',
    'SCAM',
    'SE',
    'SpatialAttention',
    'SpatialTransformer',
]
