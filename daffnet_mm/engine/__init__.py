from .atomic_local_backend import AtomicLocalBackend  # noqa: F401
from .hooks import *  # noqa: F403
from .optimizers import *  # noqa: F403
