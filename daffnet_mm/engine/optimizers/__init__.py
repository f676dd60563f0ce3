from .bfloat16_optim_wrapper import BFloat16OptimWrapper, multiplies_bfloat16

__all__ = ['BFloat16OptimWrapper', 'multiplies_bfloat16']
