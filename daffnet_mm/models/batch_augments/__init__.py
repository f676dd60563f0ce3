from .fourier_mix import FourierMix

__all__ = ['FourierMix']
