from collections.abc import Sequence
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import nn

from daffnet_lite.errors import InputError


@HOOKS.register_module()
class MixStyleHook(Hook):
    """Mix the feature statistics of the images of a batch in training.

    The mean and standard deviation of a feature map's channels tell of an
    image's style, here of stain, light and camera. At the outputs of some
    early layers each image gets a mixture of its own and another image's, so
    that the layers behind see laboratories that there are not (Zhou et al.,
    ICLR 2021, "Domain Generalization with MixStyle", images shuffled at
    random). Labels stay. The network itself is unchanged, so that it is
    validated, saved and used as ever.

    Args:
        layers (Sequence[str]): Names of the modules whose outputs are mixed.
        prob (float): Share of the batches that are mixed, drawn for each
            layer. Defaults to 0.5.
        alpha (float): Shares of the image's own statistics are drawn from
            Beta(alpha, alpha). Defaults to 0.1.

    Examples:
        >>> custom_hooks = [
        ...     dict(type='MixStyleHook',
        ...          layers=['backbone.layers.1', 'backbone.layers.2'])]
    """

    def __init__(
        self, layers: Sequence[str], prob: float = 0.5, alpha: float = 0.1
    ) -> None:
        if not 0 <= prob <= 1:
            raise InputError(
                f'MixStyleHook: prob={prob} must lie between 0 and 1'
            )
        if alpha <= 0:
            raise InputError(f'MixStyleHook: alpha={alpha} must be above 0')
        self.layers = tuple(layers)
        self.prob = prob
        self.beta = torch.distributions.Beta(alpha, alpha)

    def before_train(self, runner: Runner) -> None:
        """Watch the layers.

        Raises:
            InputError: If the model has no such layer.
        """
        model: Any = runner.model
        if is_model_wrapper(model):
            model = model.module
        modules = dict(model.named_modules())
        for name in self.layers:
            if name not in modules:
                raise InputError(
                    f'MixStyleHook: the model has no layer {name}; its first '
                    f'are {", ".join(list(modules)[1:8])}'
                )
        self._handles = [
            modules[name].register_forward_hook(self._mix)
            for name in self.layers
        ]

    def after_train(self, runner: Runner) -> None:
        """Leave the layers as they were."""
        for handle in self._handles:
            handle.remove()

    def _mix(
        self, module: nn.Module, inputs: tuple, output: torch.Tensor
    ) -> torch.Tensor:
        if not module.training or torch.rand(()) >= self.prob:
            return output
        shares = self.beta.sample((len(output),)).to(output)
        order = torch.randperm(len(output), device=output.device)
        return mix_style(output, order, shares)


def mix_style(
    features: torch.Tensor, order: torch.Tensor, shares: torch.Tensor
) -> torch.Tensor:
    """Mix the statistics of feature maps.

    Args:
        features (Tensor): Maps of shape (N, C, H, W).
        order (Tensor): Of each image, the one that it mixes with, shape (N, ).
        shares (Tensor): Of each image, the share of its own statistics, shape
            (N, ).

    Returns:
        Tensor: Maps whose channels have the mixed means and standard
        deviations.
    """
    # The statistics are a style to be had, nothing to learn from.
    variance, mean = torch.var_mean(
        features.detach(), dim=(2, 3), keepdim=True, correction=0
    )
    deviation = (variance + 1e-6).sqrt()
    shares = shares.view(-1, 1, 1, 1)
    mixed_mean = mean[order].lerp(mean, shares)
    mixed_deviation = deviation[order].lerp(deviation, shares)
    return (features - mean) / deviation * mixed_deviation + mixed_mean
