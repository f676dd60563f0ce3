import math
from typing import Any, ClassVar

from mmpretrain.models.backbones import EfficientNet
from mmpretrain.models.backbones.efficientnet import model_scaling
from mmpretrain.registry import MODELS

from daffnet_mm.models.utils import SameConv2d


@MODELS.register_module()
class EfficientNetLite(EfficientNet):
    """EfficientNet-Lite: EfficientNet for devices that like it plain.

    It has no squeeze and excitation, ReLU6 in the place of Swish, and the stem
    and the last layer of EfficientNet-B0 whatever its size: Lite0, Lite1 and
    Lite2 have 3.4, 4.1 and 4.8 million parameters. ImageNet weights come by
    ``tools/model_converters/efficientnet_lite_to_mmpretrain.py``; they were
    trained on ``(image - 127) / 128``. (TensorFlow's EfficientNet-Lite, 2020,
    after Tan and Le, ICML 2019.)

    Args:
        arch (str): The architecture: ``'lite0'``, ``'lite1'`` or ``'lite2'``.
            Defaults to ``'lite0'``.
        act_cfg (dict): Config of the activation. Defaults to
            ``dict(type='ReLU6')``.
        conv_cfg (dict): Config of the convolutions. Defaults to
            ``dict(type=SameConv2d)``, which computes what MMPretrain's
            ``Conv2dAdaptivePadding`` does.
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
    # Width and depth beside EfficientNet-B0's, and the size of the images
    # that ImageNet's weights were trained on.
    arch_settings: ClassVar[dict[str, Any]] = dict(
        lite0=(1.0, 1.0, 224), lite1=(1.0, 1.1, 240), lite2=(1.1, 1.2, 260)
    )

    def __init__(
        self,
        arch: str = 'lite0',
        act_cfg: dict = dict(type='ReLU6'),
        conv_cfg: dict = dict(type=SameConv2d),
        **kwargs,
    ) -> None:
        if arch in self.arch_settings:
            width, depth, size = self.arch_settings[arch]
            # MMPretrain would scale all layers: these are scaled already.
            self.__dict__.update(
                layer_settings={'l': self._scaled(width, depth)},
                arch_settings={arch: (1.0, 1.0, size)},
            )
        super().__init__(arch, act_cfg=act_cfg, conv_cfg=conv_cfg, **kwargs)

    @classmethod
    def _scaled(cls, width: float, depth: float) -> list:
        """Scale what lies between the first and the last block.

        The two grow in width alone, the stem and the last layer not at all.
        """
        stages = cls.layer_settings['l']
        scaled = model_scaling(stages, (width, depth))
        once = 1 - math.ceil(depth) or None
        return [
            stages[0],
            scaled[1][:once],
            *scaled[2:-2],
            scaled[-2][:once],
            stages[-1],
        ]

    def train(self, mode: bool = True) -> 'EfficientNetLite':
        """Set the mode; MMPretrain's ``EfficientNet`` returns nothing."""
        super().train(mode)
        return self
