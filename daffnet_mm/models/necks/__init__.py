from .mfe import MFE
from .morphological_attribute_encoder import MorphologicalAttributeEncoder

__all__ = ['MFE', 'MorphologicalAttributeEncoder']
