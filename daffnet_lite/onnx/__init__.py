"""Classifiers exported by ``daffnet export``, run without PyTorch."""

from .model_card import OUTPUTS, ModelCard, Reading
from .onnx_classifier import OnnxClassifier
from .steps import network_size

__all__ = [
    'OUTPUTS',
    'ModelCard',
    'OnnxClassifier',
    'Reading',
    'network_size',
]
