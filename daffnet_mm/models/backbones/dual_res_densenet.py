import torch
import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

#: A ResNet50 and a DenseNet121 up to their third stage: both give 1024
#: channels at a sixteenth of the image's side.
RESNET50 = dict(
    type='ResNet',
    depth=50,
    num_stages=3,
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    out_indices=(2,),
)
DENSENET121 = dict(type='TruncatedDenseNet', arch='121', num_stages=3)


@MODELS.register_module()
class DualResDenseNet(BaseModule):
    """A ResNet and a DenseNet side by side, fused and attended to.

    It is the network of Chen et al. 2022 (Fig. 3a).

    Each branch ends at a middle layer, and a 1x1 convolution brings its map
    to 512 channels. The two maps are fused, and SCAM follows.

    The paper does not name the middle layers or the fusion. Here both
    branches end with their third stage, where they have the same map size
    and the same 1024 channels, and the maps are added, for which the paper's
    equal number of channels is needed.

    Grad-CAM on the attention's output (Fig. 10) has its target layer in
    ``backbone.attention``.

    Args:
        resnet (dict, optional): Config of the first branch, any backbone of
            MMPretrain; it is cut by its own arguments (``num_stages``,
            ``out_indices``), and its last output is taken. None leaves the
            branch out (Table 7). Defaults to ResNet50 up to its third stage.
        densenet (dict, optional): Config of the second branch, likewise.
            Defaults to DenseNet121 up to its third dense block.
        in_channels (dict): Channels that each branch gives. Defaults to
            ``dict(resnet=1024, densenet=1024)``.
        channels (int): Channels to which each branch is brought. Defaults to
            512.
        fusion (str): ``'sum'`` or ``'concat'``. Defaults to ``'sum'``.
        attention (dict, optional): Config of the attention after the fusion:
            ``SCAM``, ``CSAM``, ``ParallelAttention``, ``ChannelAttention``,
            ``SpatialAttention``, ``SE`` or ``ECA`` (Table 5); it gets the
            ``in_channels`` of its place. None for no attention. Defaults to
            ``dict(type='SCAM')``.
        init_cfg (dict, optional): Initialisation of all. ImageNet weights of
            a branch go into the branch's config. Defaults to None.

    Raises:
        ValueError: If both branches are left out, or ``fusion`` is another.

    Example:
        >>> import torch
        >>> from daffnet_mm.models import DualResDenseNet
        >>> model = DualResDenseNet()
        >>> out, = model(torch.rand(1, 3, 224, 224))
        >>> tuple(out.shape)
        (1, 512, 14, 14)
    """

    def __init__(
        self,
        resnet: dict | None = RESNET50,
        densenet: dict | None = DENSENET121,
        in_channels: dict = dict(resnet=1024, densenet=1024),
        channels: int = 512,
        fusion: str = 'sum',
        attention: dict | None = dict(type='SCAM'),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if fusion not in ('sum', 'concat'):
            raise ValueError(f"fusion={fusion!r} must be 'sum' or 'concat'")
        branches = dict(resnet=resnet, densenet=densenet)
        branches = {name: cfg for name, cfg in branches.items() if cfg}
        if not branches:
            raise ValueError(
                'DualResDenseNet needs a branch: give resnet or densenet a '
                'config'
            )
        self.fusion = fusion
        self.branches = nn.ModuleDict(
            {name: MODELS.build(cfg) for name, cfg in branches.items()}
        )
        self.projections = nn.ModuleDict(
            {n: nn.Conv2d(in_channels[n], channels, 1) for n in branches}
        )
        parts = len(branches) if fusion == 'concat' else 1
        self.out_channels = parts * channels
        self.attention = attention and MODELS.build(
            dict(attention, in_channels=self.out_channels)
        )

    def fuse(self, x: Tensor) -> Tensor:
        """Give what the attention sees.

        Args:
            x (Tensor): Normalised images of shape (N, 3, H, W).

        Returns:
            Tensor: Features of shape (N, out_channels, H', W').

        Raises:
            ValueError: If the branches' maps differ in size.
        """
        maps = {
            name: self.projections[name](branch(x)[-1])
            for name, branch in self.branches.items()
        }
        # Numbers, where a tracer would see tensors.
        sizes = {
            name: tuple(int(side) for side in branch.shape[2:])
            for name, branch in maps.items()
        }
        if len(set(sizes.values())) > 1:
            raise ValueError(
                'DualResDenseNet cannot fuse maps of different sizes '
                f'({", ".join(f"{n} {s}" for n, s in sizes.items())}): cut '
                'both branches at the same fraction of the image'
            )
        first, *others = maps.values()
        if self.fusion == 'concat':
            return torch.cat([first, *others], dim=1)
        return sum(others, first)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """Extract features.

        Args:
            x (Tensor): Normalised images of shape (N, 3, H, W).

        Returns:
            tuple[Tensor]: One map, of shape (N, out_channels, H', W').
        """
        x = self.fuse(x)
        return (self.attention(x) if self.attention else x,)
