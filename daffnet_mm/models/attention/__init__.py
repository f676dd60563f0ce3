from .psa import PSA
from .spatial_attention import SpatialAttention
from .spatial_transformer import SpatialTransformer

__all__ = ['PSA', 'SpatialAttention', 'SpatialTransformer']
