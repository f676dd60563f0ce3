from .attribute_tta_model import AttributeTTAModel
from .symmetry_tta_model import SymmetryTTAModel

__all__ = ['AttributeTTAModel', 'SymmetryTTAModel']
