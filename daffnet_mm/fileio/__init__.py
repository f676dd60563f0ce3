from .atomic import atomic_write
from .atomic_backend import AtomicLocalBackend

__all__ = ['AtomicLocalBackend', 'atomic_write']
