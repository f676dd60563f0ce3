"""What a user's input causes; kept in the package that needs no framework."""

from daffnet_lite.errors import BrokenImageWarning, InputError, InputWarning

__all__ = ['BrokenImageWarning', 'InputError', 'InputWarning']
