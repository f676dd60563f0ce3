from typing import Any, ClassVar

from mmpretrain.models.backbones import EfficientNet
from mmpretrain.registry import MODELS


@MODELS.register_module()
class EfficientNetLite(EfficientNet):
    """EfficientNet-Lite0: EfficientNet-B0 for devices that like it plain.

    It has no squeeze and excitation, ReLU6 in the place of Swish, and 3.4
    million parameters. ImageNet weights come by
    ``tools/model_converters/efficientnet_lite_to_mmpretrain.py``; they were
    trained on ``(image - 127) / 128``. (TensorFlow's EfficientNet-Lite, 2020,
    after Tan and Le, ICML 2019.)

    Args:
        arch (str): The architecture, of which there is one. Defaults to
            ``'lite0'``.
        act_cfg (dict): Config of the activation. Defaults to
            ``dict(type='ReLU6')``.
        **kwargs: All further arguments of MMPretrain's ``EfficientNet``.

    Example:
        >>> import torch
        >>> from daffnet_mm.models import EfficientNetLite
        >>> model = EfficientNetLite()
        >>> out, = model(torch.rand(1, 3, 96, 96))
        >>> tuple(out.shape)
        (1, 1280, 3, 3)
    """

    # MMPretrain finds the layers by the first letter of the architecture. The
    # third number of each is the ratio of its squeeze and excitation.
    layer_settings: ClassVar[dict[str, Any]] = {
        'l': [
            [[*layer[:2], 0, *layer[3:]] for layer in stage]
            for stage in EfficientNet.layer_settings['b']
        ]
    }
    arch_settings: ClassVar[dict[str, Any]] = dict(lite0=(1.0, 1.0, 224))

    def __init__(
        self,
        arch: str = 'lite0',
        act_cfg: dict = dict(type='ReLU6'),
        **kwargs,
    ) -> None:
        super().__init__(arch, act_cfg=act_cfg, **kwargs)

    def train(self, mode: bool = True) -> 'EfficientNetLite':
        """Set the mode; MMPretrain's ``EfficientNet`` returns nothing."""
        super().train(mode)
        return self
