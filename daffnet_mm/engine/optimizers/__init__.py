from .bfloat16_optim_wrapper import (
    BFloat16OptimWrapper,
    DepthwiseGradientsInFloat32,
    multiplies_bfloat16,
)

__all__ = [
    'BFloat16OptimWrapper',
    'DepthwiseGradientsInFloat32',
    'multiplies_bfloat16',
]
