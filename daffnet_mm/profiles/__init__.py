"""A laboratory's profile: the scale and the colours of its images."""

from daffnet_lite.profiles import (
    Adjustment,
    KnownLaboratories,
    Profile,
    estimate_profile,
    home_profile,
    measure,
    measure_file,
    parse_profile,
    read_profile,
    scale_temperature,
)

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
