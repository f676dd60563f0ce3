from .state_dict import find_state_dict

__all__ = ['find_state_dict']
