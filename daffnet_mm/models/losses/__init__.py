from .consistency_loss import ConsistencyLoss
from .dsl_loss import DSLLoss

__all__ = ['ConsistencyLoss', 'DSLLoss']
