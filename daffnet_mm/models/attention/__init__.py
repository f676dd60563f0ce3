from .channel_attention import ECA, SE, ChannelAttention
from .psa import PSA
from .scam import CSAM, SCAM, ParallelAttention
from .spatial_attention import SpatialAttention
from .spatial_transformer import SpatialTransformer

__all__ = [
    'CSAM',
    'ECA',
    'PSA',
    'SCAM',
    'SE',
    'ChannelAttention',
    'ParallelAttention',
    'SpatialAttention',
    'SpatialTransformer',
]
