from torch import nn

from .map_head import MAPHead


def find_map_head(model: nn.Module) -> MAPHead | None:
    """Find the head that predicts a model's attributes.

    Args:
        model (nn.Module): A MAP, a :class:`DAFFNet` (whose neck holds a MAP)
            or another classifier, perhaps wrapped for distributed training or
            test-time augmentation.

    Returns:
        MAPHead, optional: The head; None if the model predicts no attributes.
    """
    return next((m for m in model.modules() if isinstance(m, MAPHead)), None)
