from .adapt_batch_norm import adapt_batch_norm
from .attribute_layout import AttributeLayout
from .average_max_pooling import AverageMaxPooling
from .divide_outputs import divide_outputs
from .equivalent_values import EquivalentValues
from .folded_inference import FoldedInference
from .pool_last_feature import pool_last_feature

__all__ = [
    'AttributeLayout',
    'AverageMaxPooling',
    'EquivalentValues',
    'FoldedInference',
    'adapt_batch_norm',
    'divide_outputs',
    'pool_last_feature',
]
