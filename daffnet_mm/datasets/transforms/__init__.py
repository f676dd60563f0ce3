from .apply_profile import ApplyProfile
from .apply_profiles import ApplyProfiles
from .crop_cell import CropCell
from .forget_attributes import ForgetAttributes
from .frame_cell import FrameCell
from .load_cell_image import LoadCellImage
from .load_synthetic_cell import LoadSyntheticCell
from .normalize_background import NormalizeBackground
from .normalize_stain import NormalizeStain
from .random_colour_table import RandomColourTable
from .random_fading import RandomFading
from .random_gamma import RandomGamma
from .random_gaussian_noise import RandomGaussianNoise
from .random_hue_saturation import RandomHueSaturation
from .random_illuminant import RandomIlluminant
from .random_jpeg import RandomJPEG
from .random_quarter_turn import RandomQuarterTurn
from .random_stain_curve import RandomStainCurve
from .random_stain_jitter import RandomStainJitter
from .random_zoom import RandomZoom

__all__ = [
    'ApplyProfile',
    'ApplyProfiles',
    'CropCell',
    'ForgetAttributes',
    'FrameCell',
    'LoadCellImage',
    'LoadSyntheticCell',
    'NormalizeBackground',
    'NormalizeStain',
    'RandomColourTable',
    'RandomFading',
    'RandomGamma',
    'RandomGaussianNoise',
    'RandomHueSaturation',
    'RandomIlluminant',
    'RandomJPEG',
    'RandomQuarterTurn',
    'RandomStainCurve',
    'RandomStainJitter',
    'RandomZoom',
]
