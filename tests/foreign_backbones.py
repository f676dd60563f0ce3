"""Backbones of MMPretrain at reduced size, and the length of their feature."""

import torch
from torch.overrides import TorchFunctionMode

CONVNEXT = (
    dict(
        type='ConvNeXt',
        arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
    ),
    64,
)
SWIN = (
    dict(
        type='SwinTransformer',
        arch=dict(embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8]),
        img_size=64,
        window_size=2,
    ),
    128,
)
VIT = (
    dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=64
        ),
        img_size=64,
        patch_size=16,
        out_type='cls_token',
    ),
    32,
)
MOBILENET = dict(type='MobileNetV3', arch='small'), 576
EFFICIENTNET = dict(type='EfficientNet', arch='b0'), 1280


class LinspaceOnCPU(TorchFunctionMode):
    """Keep ``torch.linspace`` off the meta device.

    MMPretrain's networks read the rates of stochastic depth out of one.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.linspace:
            kwargs['device'] = 'cpu'
        return func(*args, **kwargs)
