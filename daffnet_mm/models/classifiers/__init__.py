from .daffnet import DAFFNet

__all__ = ['DAFFNet']
