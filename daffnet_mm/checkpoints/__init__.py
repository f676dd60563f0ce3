from .loading import protect_loading
from .state_dict import find_state_dict

__all__ = ['find_state_dict', 'protect_loading']
