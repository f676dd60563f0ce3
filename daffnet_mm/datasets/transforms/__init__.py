from .load_cell_image import LoadCellImage
from .load_synthetic_cell import LoadSyntheticCell
from .normalize_background import NormalizeBackground
from .normalize_stain import NormalizeStain
from .random_gaussian_noise import RandomGaussianNoise
from .random_jpeg import RandomJPEG
from .random_quarter_turn import RandomQuarterTurn
from .random_stain_jitter import RandomStainJitter

__all__ = [
    'LoadCellImage', 'LoadSyntheticCell', 'NormalizeBackground',
    'NormalizeStain', 'RandomGaussianNoise', 'RandomJPEG',
    'RandomQuarterTurn', 'RandomStainJitter'
]
