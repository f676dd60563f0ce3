from .config_addresses import resolve_own_addresses
from .model_hub import list_own_models

__all__ = ['list_own_models', 'resolve_own_addresses']
