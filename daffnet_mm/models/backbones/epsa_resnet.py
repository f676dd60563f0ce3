import logging
import re
from collections.abc import Callable
from typing import Any

import torch.utils.checkpoint as cp
from mmengine.logging import print_log
from mmengine.model.weight_init import PretrainedInit, update_init_info
from mmengine.runner import CheckpointLoader
from mmpretrain.models.backbones.resnet import (
    BasicBlock,
    Bottleneck,
    ResLayer,
    ResNet,
)
from mmpretrain.registry import MODELS
from torch import Tensor

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import check_finite, find_state_dict

from ..attention import PSA

#: How layers start that no checkpoint fills: as in MMPretrain's ResNet.
RESNET_INIT = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
]

#: What a plain ResNet has, and EPSAResNet no place for.
PLAIN_RESNET = re.compile(r'layer\d+\.\d+\.conv2\.(weight|bias)|fc\..*')

#: What EPSAResNet has, and a plain ResNet does not.
ATTENTION = re.compile(r'layer\d+\.\d+\.(conv2|spatial_attention)\.')


class _EPSABlock:
    """What makes MMPretrain's residual blocks those of :class:`EPSAResNet`.

    Args:
        psa_cfg (dict, optional): Further arguments of the :class:`PSA`.
        spatial_attention (dict, optional): Config of the spatial attention.
        attention_position (str): ``'psa'``: it acts on what the PSA gives;
            ``'block'``: on the residual branch, before the addition;
            ``'stage'``: on what the block gives.
    """

    # of MMPretrain's blocks
    conv2: Any
    conv_cfg: dict | None
    out_channels: int
    with_cp: bool
    relu: Callable[[Tensor], Tensor]
    add_residual: Callable[[Tensor], Tensor]

    def __init__(
        self,
        *args,
        psa_cfg: dict | None = None,
        spatial_attention: dict | None = None,
        attention_position: str = 'block',
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.conv2 = PSA(
            self.conv2.in_channels,
            self.conv2.out_channels,
            stride=self.conv2.stride[0],
            dilation=self.conv2.dilation[0],
            conv_cfg=self.conv_cfg,
            **(psa_cfg or {}),
        )
        self.attention_position = attention_position
        self.add_spatial_attention(spatial_attention)

    def add_spatial_attention(self, cfg: dict | None) -> None:
        """Build the spatial attention for the width of its position."""
        channels = (
            self.conv2.out_channels
            if self.attention_position == 'psa'
            else self.out_channels
        )
        self.spatial_attention = cfg and MODELS.build(
            dict(cfg, in_channels=channels)
        )

    def attend(self, position: str, x: Tensor) -> Tensor:
        """Apply the spatial attention if this is its position."""
        if self.spatial_attention and position == self.attention_position:
            return self.spatial_attention(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block.

        Args:
            x (Tensor): Features of shape (N, in_channels, H, W).

        Returns:
            Tensor: Features of shape (N, out_channels, H', W').
        """
        if self.with_cp and x.requires_grad:
            out = cp.checkpoint(self.add_residual, x, use_reentrant=False)
        else:
            out = self.add_residual(x)
        return self.attend('stage', self.relu(out))


class EPSABasicBlock(_EPSABlock, BasicBlock):
    """A basic block whose second 3x3 convolution is a PSA."""

    def add_residual(self, x: Tensor) -> Tensor:
        """Give the sum of the identity and the residual branch."""
        out = self.relu(self.norm1(self.conv1(x)))
        out = self.attend('psa', self.conv2(out))
        out = self.attend('block', self.norm2(out))
        identity = x if self.downsample is None else self.downsample(x)
        out = self.drop_path(out)
        out += identity
        return out


class EPSABottleneck(_EPSABlock, Bottleneck):
    """A bottleneck whose 3x3 convolution is a PSA."""

    def add_residual(self, x: Tensor) -> Tensor:
        """Give the sum of the identity and the residual branch."""
        out = self.relu(self.norm1(self.conv1(x)))
        out = self.attend('psa', self.conv2(out))
        out = self.relu(self.norm2(out))
        out = self.attend('block', self.norm3(self.conv3(out)))
        identity = x if self.downsample is None else self.downsample(x)
        out = self.drop_path(out)
        out += identity
        return out


@MODELS.register_module()
class EPSAResNet(ResNet):
    """DAFFNet's EPSA-SAResNet, section 2.1.

    A ResNet with pyramid squeeze and, optionally, spatial attention.

    As in `EPSANet <https://arxiv.org/abs/2105.14447>`_, a :class:`PSA`
    replaces the 3x3 convolution of each bottleneck. In the basic blocks of
    depth 18 and 34, which EPSANet does not define, it replaces the second 3x3
    convolution.

    All other layers have the names and shapes of MMPretrain's and
    torchvision's ResNet, so that ImageNet weights of these load. With
    ``init_cfg=dict(type='Pretrained', ...)``, :meth:`init_weights` logs by
    name what the PSA layers cannot take; they, and the spatial attention,
    start at random.

    Args:
        depth (int): Network depth, from {18, 34, 50, 101}.
        spatial_attention (dict, optional): Config of the spatial attention,
            e.g. ``dict(type='SpatialAttention')``, a gate, or
            ``dict(type='SpatialTransformer')``. Each attention module gets
            the ``in_channels`` of its place. Defaults to None.
        attention_position (str): Where the spatial attention acts:
            ``'psa'`` (in each block, on what the PSA gives), ``'block'`` (in
            each block, on the residual branch before the addition) or
            ``'stage'`` (on what each stage gives). Defaults to ``'block'``.
        psa_cfg (dict, optional): ``kernel_sizes``, ``groups`` and
            ``reduction`` of the PSA, where they shall not be EPSANet's.
            Defaults to None.
        **kwargs: All further arguments of MMPretrain's ``ResNet``.

    Example:
        >>> import torch
        >>> from daffnet_mm.models import EPSAResNet
        >>> model = EPSAResNet(
        ...     depth=18,
        ...     spatial_attention=dict(type='SpatialAttention'),
        ...     out_indices=(0, 1, 2, 3))
        >>> for out in model.eval()(torch.rand(1, 3, 32, 32)):
        ...     print(tuple(out.shape))
        (1, 64, 8, 8)
        (1, 128, 4, 4)
        (1, 256, 2, 2)
        (1, 512, 1, 1)
    """

    init_cfg: Any
    arch_settings = {
        18: (EPSABasicBlock, (2, 2, 2, 2)),
        34: (EPSABasicBlock, (3, 4, 6, 3)),
        50: (EPSABottleneck, (3, 4, 6, 3)),
        101: (EPSABottleneck, (3, 4, 23, 3)),
    }

    def __init__(
        self,
        depth: int,
        *args,
        spatial_attention: dict | None = None,
        attention_position: str = 'block',
        psa_cfg: dict | None = None,
        **kwargs,
    ):
        if depth not in self.arch_settings:
            raise ValueError(
                'EPSAResNet has the depths '
                f'{tuple(self.arch_settings)}, not {depth!r}.'
            )
        if attention_position not in ('psa', 'block', 'stage'):
            raise ValueError(
                "attention_position must be 'psa', 'block' or 'stage', not "
                f'{attention_position!r}.'
            )
        self.spatial_attention = spatial_attention
        self.attention_position = attention_position
        self.psa_cfg = psa_cfg
        super().__init__(depth, *args, **kwargs)

    def make_res_layer(self, **kwargs) -> ResLayer:
        """Build a stage; ``ResNet`` calls this for each."""
        kwargs.update(
            psa_cfg=self.psa_cfg, attention_position=self.attention_position
        )
        if self.attention_position != 'stage':
            return ResLayer(spatial_attention=self.spatial_attention, **kwargs)
        layer = ResLayer(**kwargs)
        layer[-1].add_spatial_attention(self.spatial_attention)
        return layer

    def train(self, mode: bool = True) -> 'EPSAResNet':
        """Set the mode; MMPretrain's ``ResNet`` returns nothing here."""
        super().train(mode)
        return self

    def init_weights(self) -> None:
        """Initialise the weights, from a checkpoint if ``init_cfg`` says so.

        Raises:
            FileNotFoundError: If there is no such checkpoint.
            InputError: If the checkpoint has nothing for this model, or is
                one of the public EPSANet code that was not converted.
        """
        given = self.init_cfg
        cfgs = [given] if isinstance(given, dict) else given or []
        pretrained = [
            cfg
            for cfg in cfgs
            if cfg['type'] in ('Pretrained', PretrainedInit)
        ]
        if not pretrained or self.is_init:
            super().init_weights()
            return
        # A checkpoint may lack the PSA: let every layer start as it would
        # without one, then load what there is.
        self.init_cfg = [cfg for cfg in cfgs if cfg not in pretrained]
        self.init_cfg = self.init_cfg or RESNET_INIT
        super().init_weights()
        self.init_cfg = given
        for cfg in pretrained:
            self._load_pretrained(
                cfg['checkpoint'],
                cfg.get('prefix'),
                cfg.get('map_location', 'cpu'),
            )

    def _load_pretrained(
        self, checkpoint: str, prefix: str | None, map_location: str
    ) -> None:
        """Load what fits from a checkpoint of a ResNet or an EPSAResNet.

        What a plain ResNet is known to have for itself, or to lack, is told
        in one line; anything else left out or unfilled is a warning.
        """
        try:
            weights = CheckpointLoader.load_checkpoint(
                checkpoint, map_location
            )
        except FileNotFoundError:
            raise FileNotFoundError(
                f'The checkpoint {checkpoint}, which init_cfg names for '
                'EPSAResNet, does not exist: correct the path, or leave '
                'init_cfg out to start at random.'
            ) from None
        weights = find_state_dict(weights, checkpoint, prefix)
        if any(name.endswith('.conv2.conv_1.weight') for name in weights):
            raise InputError(
                f'{checkpoint} is a checkpoint of the public EPSANet code, '
                'whose channels have another order: convert it with '
                'tools/model_converters/epsanet_to_mmpretrain.py first.'
            )

        own = self.state_dict()
        fitting = {
            name: value
            for name, value in weights.items()
            if name in own and value.shape == own[name].shape
        }
        if not fitting:
            raise InputError(
                f'{checkpoint} has no weights for EPSAResNet; its names are '
                f'like {", ".join(list(weights)[:2])}: set the prefix in '
                'init_cfg.'
            )
        for name, value in fitting.items():
            check_finite(name, value, checkpoint)
        self.load_state_dict(fitting, strict=False)
        if hasattr(self, '_params_init_info'):
            update_init_info(self, f'EPSAResNet: loaded from {checkpoint}')

        left_out = [name for name in weights if name not in fitting]
        unfilled = [
            name
            for name in own
            if name not in fitting and not name.endswith('num_batches_tracked')
        ]
        known = [name for name in left_out if PLAIN_RESNET.fullmatch(name)]
        at_random = [name for name in unfilled if ATTENTION.match(name)]
        print_log(
            f'EPSAResNet took {len(fitting)} tensors from {checkpoint}; '
            f'{len(known)} left out, for which it has no place: '
            f'{", ".join(known) or "none"}; {len(at_random)} of its attention '
            'layers start at random.',
            logger='current',
        )
        left_out = [name for name in left_out if name not in known]
        unfilled = [name for name in unfilled if name not in at_random]
        if left_out or unfilled:
            print_log(
                f'{checkpoint} does not fit EPSAResNet-{self.depth}: '
                f'{len(left_out)} tensors left out because of their name or '
                f'shape: {", ".join(left_out) or "none"}; {len(unfilled)} '
                f'not filled: {", ".join(unfilled) or "none"}.',
                logger='current',
                level=logging.WARNING,
            )
