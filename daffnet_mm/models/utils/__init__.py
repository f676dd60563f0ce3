from .adapt_batch_norm import adapt_batch_norm
from .attribute_layout import AttributeLayout
from .decision_features import (
    LinearDecision,
    decision_layer,
    watch_decisions,
)
from .equivalent_values import EquivalentValues
from .folded_inference import FoldedInference
from .pooling import AverageMaxPooling, pool_last_feature
from .same_conv2d import SameConv2d

__all__ = [
    'AttributeLayout',
    'AverageMaxPooling',
    'EquivalentValues',
    'FoldedInference',
    'LinearDecision',
    'SameConv2d',
    'adapt_batch_norm',
    'decision_layer',
    'pool_last_feature',
    'watch_decisions',
]
