from .dsl_loss import DSLLoss

__all__ = ['DSLLoss']
