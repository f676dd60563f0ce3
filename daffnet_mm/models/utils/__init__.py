from .attribute_layout import AttributeLayout
from .pool_last_feature import pool_last_feature

__all__ = ['AttributeLayout', 'pool_last_feature']
