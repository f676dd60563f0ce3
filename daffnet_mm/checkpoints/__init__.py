from .fit import (
    check_classes,
    check_finite,
    check_fit,
    find_meta,
    load_weights,
    trained_classes,
)
from .loading import check_file, load_from_local, protect_loading
from .saving import save_checkpoint
from .state_dict import find_state_dict

__all__ = [
    'check_classes',
    'check_file',
    'check_finite',
    'check_fit',
    'find_meta',
    'find_state_dict',
    'load_from_local',
    'load_weights',
    'protect_loading',
    'save_checkpoint',
    'trained_classes',
]
