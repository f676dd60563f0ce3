"""A laboratory's profile: the scale and the colours of its images."""

from .adjustment import Adjustment
from .estimating import estimate_profile
from .known_laboratories import KnownLaboratories, scale_temperature
from .measuring import measure, measure_file
from .profile import Profile, home_profile, parse_profile, read_profile

__all__ = [
    'Adjustment',
    'KnownLaboratories',
    'Profile',
    'estimate_profile',
    'home_profile',
    'measure',
    'measure_file',
    'parse_profile',
    'read_profile',
    'scale_temperature',
]
