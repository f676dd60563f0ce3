from .epsa_resnet import EPSAResNet

__all__ = ['EPSAResNet']
