from .consistency_loss import ConsistencyLoss
from .dsl_loss import DSLLoss
from .jensen_shannon_loss import JensenShannonLoss

__all__ = ['ConsistencyLoss', 'DSLLoss', 'JensenShannonLoss']
