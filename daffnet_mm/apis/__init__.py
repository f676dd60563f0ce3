from .wbc_inferencer import WBCInferencer

__all__ = ['WBCInferencer']
