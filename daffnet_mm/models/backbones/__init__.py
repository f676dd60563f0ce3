from .dual_res_densenet import DualResDenseNet
from .efficientnet_lite import EfficientNetLite
from .epsa_resnet import EPSAResNet
from .truncated_densenet import TruncatedDenseNet

__all__ = [
    'DualResDenseNet',
    'EPSAResNet',
    'EfficientNetLite',
    'TruncatedDenseNet',
]
