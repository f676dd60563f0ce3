import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

#: For output channels per group: the tile whose places fill 16 lanes.
TILES = {1: (4, 4), 2: (2, 4), 4: (1, 4)}

#: With fewer tiles on a side, or a smaller kernel, nothing is gained.
MIN_TILES, MIN_KERNEL_SIZE = 7, 7


def _spread_axis(kernel_size: int, tile: int) -> tuple[Tensor, int, int]:
    """Tell which place of a kernel joins an output to an input, on one axis.

    The places have the shape (tile, tile, tiles): of the output's tile, of
    the input's, and the tiles that the kernel reaches. Outside of
    ``range(kernel_size)`` they do not meet. How many tiles the kernel reaches
    to either side comes with them.
    """
    radius = kernel_size // 2
    before = -(-radius // tile)
    after = (tile - 1 + radius) // tile
    output = torch.arange(tile).view(-1, 1, 1)
    inputs = torch.arange(tile).view(1, -1, 1)
    tiles = torch.arange(-before, after + 1)
    return tile * tiles + inputs - output + radius, before, after


class TiledConv2d(nn.Conv2d):
    """A grouped convolution that CPUs compute tile by tile, where faster.

    oneDNN computes 16 output channels of a group at once. The large kernels
    of pyramid squeeze attention have one to four, so that up to 15/16 of the
    work is thrown away. Here the places of a small tile become channels, of
    the input and of the output; a kernel over tiles, the same one spread and
    padded with zeros, then computes 16 useful values at once, and has fewer
    places. With 64 channels of 56x56, training the 9x9 convolution in 16
    groups takes 0.36 of the time, the 7x7 convolution in 8 groups 0.65.

    Weights, their names and, up to rounding, the results are those of
    ``Conv2d``. Only channels-last float32 features on a CPU whose sides are
    multiples of the tile go this way; all else goes the usual one, and so
    does a model that is traced, to count its operations or to export it.
    """

    spread: Tensor

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kernel_size = self.kernel_size[0]
        self.tile = TILES.get(self.out_channels // self.groups)
        if (
            self.tile is None
            or kernel_size < MIN_KERNEL_SIZE
            or self.groups == 1
            or self.bias is not None
            or self.kernel_size != (kernel_size,) * 2
            or self.stride != (1, 1)
            or self.dilation != (1, 1)
            or self.padding != (kernel_size // 2,) * 2
            or self.padding_mode != 'zeros'
        ):
            self.tile = None
            return
        rows, self.above, self.below = _spread_axis(kernel_size, self.tile[0])
        columns, self.left, self.right = _spread_axis(
            kernel_size, self.tile[1]
        )
        # places in the output tile, places in the input tile, tiles
        rows = rows[:, None, :, None, :, None]
        columns = columns[None, :, None, :, None, :]
        on_rows, on_columns = (
            (axis >= 0) & (axis < kernel_size) for axis in (rows, columns)
        )
        meet = on_rows & on_columns
        place = torch.where(meet, rows * kernel_size + columns, kernel_size**2)
        self.spread_shape = tuple(place.shape)
        # as a matrix of zeros and ones, which has a fast gradient
        spread = F.one_hot(place.flatten(), kernel_size**2 + 1)
        self.register_buffer(
            'spread', spread[:, :-1].T.to(self.weight), persistent=False
        )

    def fits(self, x: Tensor) -> bool:
        """Tell whether the tiles pay for these features."""
        return (
            self.tile is not None
            and x.device.type == 'cpu'
            and self.weight.dtype == torch.float32
            and not torch.jit.is_tracing()
            and x.is_contiguous(memory_format=torch.channels_last)
            and all(
                side % tile == 0 and side // tile >= MIN_TILES
                for side, tile in zip(x.shape[2:], self.tile, strict=True)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convolve.

        Args:
            x (Tensor): Features of shape (N, in_channels, H, W).

        Returns:
            Tensor: Features of shape (N, out_channels, H', W').
        """
        if self.tile is None or not self.fits(x):
            return super().forward(x)
        n, _, height, width = x.shape
        groups, (rows, columns) = self.groups, self.tile
        out_channels, in_channels = self.weight.shape[:2]  # the latter: group
        places = rows * columns

        weight = self.weight.flatten(2).flatten(0, 1) @ self.spread
        weight = weight.view(groups, -1, in_channels, *self.spread_shape)
        weight = weight.permute(0, 3, 4, 1, 5, 6, 2, 7, 8).reshape(
            out_channels * places, in_channels * places, *self.spread_shape[4:]
        )

        # channels of a tile: group, row, column, channel of the group
        x = x.permute(0, 2, 3, 1).reshape(
            n,
            height // rows,
            rows,
            width // columns,
            columns,
            groups,
            in_channels,
        )
        x = x.permute(0, 1, 3, 5, 2, 4, 6).flatten(3).permute(0, 3, 1, 2)
        padding = (self.above, self.left)
        if (self.below, self.right) != padding:
            x = F.pad(x, (self.left, self.right, self.above, self.below))
            padding = (0, 0)
        x = F.conv2d(x, weight, padding=padding, groups=groups)
        x = x.permute(0, 2, 3, 1).reshape(
            n, height // rows, width // columns, groups, rows, columns, -1
        )
        x = x.permute(0, 1, 4, 2, 5, 3, 6)
        return x.reshape(n, height, width, out_channels).permute(0, 3, 1, 2)
