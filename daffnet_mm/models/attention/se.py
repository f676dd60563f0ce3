from mmpretrain.models.utils import SELayer
from mmpretrain.registry import MODELS


@MODELS.register_module()
class SE(SELayer):
    """`Squeeze-and-excitation <https://arxiv.org/abs/1709.01507>`_.

    MMPretrain's layer under the arguments that all attention modules here
    share; a row of Chen et al.'s Table 5.

    Args:
        in_channels (int): Channels of the features.
        **kwargs: ``ratio`` and further arguments of MMPretrain's
            ``SELayer``.
    """

    def __init__(self, in_channels: int, **kwargs) -> None:
        super().__init__(in_channels, **kwargs)
