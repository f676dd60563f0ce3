"""A page in the browser and a service for programs, over an exported model.

Needs FastAPI and uvicorn: ``pip install "daffnet-mm[serve]"``.
"""

from .app import build_app
from .limits import Limits
from .running import listen, serve
from .shipped_model import shipped_export

__all__ = ['Limits', 'build_app', 'listen', 'serve', 'shipped_export']
