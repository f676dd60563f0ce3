from .class_balanced_sampler import ClassBalancedSampler
from .laboratory_balanced_sampler import LaboratoryBalancedSampler

__all__ = ['ClassBalancedSampler', 'LaboratoryBalancedSampler']
