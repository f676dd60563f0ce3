from typing import Any

from mmpretrain.models.backbones import DenseNet
from mmpretrain.registry import MODELS


@MODELS.register_module()
class TruncatedDenseNet(DenseNet):
    """DenseNet cut after one of its dense blocks, before the pooling there.

    ``num_stages`` means what it means in ResNet: with 3, both networks end at
    a sixteenth of the image's side, and DenseNet121 with 1024 channels. What
    the transition would do next, halving channels and size, is left out; its
    normalisation and ReLU end the network, as they end the whole DenseNet.

    ImageNet weights of the whole network load, those of the last
    normalisation included, which lie under another name there.

    Args:
        arch (str | dict): As in MMPretrain's ``DenseNet``. Defaults to
            ``'121'``.
        num_stages (int): How many dense blocks are kept. Defaults to 3.
        **kwargs: All further arguments of MMPretrain's ``DenseNet``.

    Raises:
        ValueError: If there are not so many dense blocks.

    Example:
        >>> import torch
        >>> from daffnet_mm.models import TruncatedDenseNet
        >>> model = TruncatedDenseNet('121', num_stages=3)
        >>> out, = model(torch.rand(1, 3, 64, 64))
        >>> tuple(out.shape)
        (1, 1024, 4, 4)
    """

    def __init__(
        self, arch: str | dict = '121', num_stages: int = 3, **kwargs
    ) -> None:
        settings: Any = arch
        if isinstance(arch, str):
            if arch not in self.arch_settings:
                raise ValueError(
                    f'arch={arch!r} must be one of '
                    f'{", ".join(self.arch_settings)}'
                )
            settings = self.arch_settings[arch]
        depths = settings['depths']
        if not 1 <= num_stages <= len(depths):
            raise ValueError(
                f'num_stages={num_stages} must be between 1 and '
                f'{len(depths)}, the number of dense blocks'
            )
        super().__init__(dict(settings, depths=depths[:num_stages]), **kwargs)
        self._register_load_state_dict_pre_hook(self._rename_last_norm)

    def train(self, mode: bool = True) -> 'TruncatedDenseNet':
        """Set the mode; MMPretrain's ``DenseNet`` returns nothing here."""
        super().train(mode)
        return self

    def _rename_last_norm(self, state_dict: dict, prefix: str, *args) -> None:
        """Find the last normalisation where the whole network has it."""
        last = f'{prefix}transitions.{self.num_stages - 1}.'
        old = f'{last}norm.'
        for name in [name for name in state_dict if name.startswith(old)]:
            state_dict[f'{last}0.{name[len(old) :]}'] = state_dict.pop(name)
        # Gone with the pooling.
        state_dict.pop(f'{last}conv.weight', None)
