"""Classifiers exported to ONNX; :mod:`daffnet_lite.onnx` runs them."""

from .export import Exported, export_onnx
from .parity import Parity, compare_answers

__all__ = ['Exported', 'Parity', 'compare_answers', 'export_onnx']
