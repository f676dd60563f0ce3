"""What ``daffnet_mm`` does without PyTorch and OpenMMLab's libraries.

Images read, cells found, framed and cropped, laboratories' profiles, reasons
to look again, files, command lines. ``daffnet_mm`` builds on it; nothing here
imports ``daffnet_mm``, PyTorch or OpenMMLab's libraries before a command that
needs them runs.
"""

from .utils.stopping import stop_quietly_at_start
from .version import __version__

stop_quietly_at_start()

__all__ = ['__version__']
