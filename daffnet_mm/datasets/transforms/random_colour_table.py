import numpy as np
from mmpretrain.registry import TRANSFORMS
from PIL import Image
from PIL.ImageFilter import Color3DLUT

from daffnet_lite.errors import InputError

from .colour_transform import RandomChange


@TRANSFORMS.register_module()
class RandomColourTable(RandomChange):
    """Map colours to colours by a random smooth table in three dimensions.

    Dyes, lamps and cameras that are parametrised change all colours in ways
    that one has thought of. Here each point of a coarse lattice of colours
    moves by itself, and what lies between is interpolated, so that a nucleus
    may turn bluer where granules turn brown: near colours stay near, and what
    stands out against what is not fixed.

    **Required Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)

    **Modified Keys:**

    - img

    Args:
        strength (float): The standard deviation of a lattice point's move,
            for each channel and as a share of the way from black to white, is
            drawn from 0 to ``strength``. Defaults to 0.2.
        points (int): Points of the lattice along each channel: 2 give a
            trilinear map of all colours, more give local ones. Defaults to 4.
        prob (float): Share of the images that are changed. Defaults to 1.

    Raises:
        InputError: If ``strength`` is below 0 or ``points`` is not from 2 to
            65.
    """

    def __init__(
        self, strength: float = 0.2, points: int = 4, prob: float = 1.0
    ) -> None:
        if strength < 0:
            raise InputError(
                f'RandomColourTable: strength={strength} must not be below 0'
            )
        if not isinstance(points, int) or not 2 <= points <= 65:
            raise InputError(
                f'RandomColourTable: points={points!r} must be a whole number '
                'from 2 to 65'
            )
        self.strength = strength
        self.points = points
        super().__init__(prob)

    def draw(self) -> tuple[np.ndarray]:
        """Draw how each lattice point moves, shape (3rd, 2nd, 1st, 3)."""
        deviation = np.random.uniform(0, self.strength)
        return (deviation * np.random.randn(*[self.points] * 3, 3),)

    def change(self, img: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """Move the colours as their neighbours on the lattice move."""
        axis = np.linspace(0, 1, len(moves))
        third, second, first = np.meshgrid(axis, axis, axis, indexing='ij')
        table = np.stack([first, second, third], -1) + moves
        # Pillow's table has the first channel innermost, whatever it is.
        look_up = Color3DLUT(len(moves), table.astype(np.float32).ravel())
        return np.array(Image.fromarray(img).filter(look_up))
