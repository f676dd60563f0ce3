from .attribute_layout import AttributeLayout
from .folded_inference import FoldedInference
from .pool_last_feature import pool_last_feature

__all__ = ['AttributeLayout', 'FoldedInference', 'pool_last_feature']
