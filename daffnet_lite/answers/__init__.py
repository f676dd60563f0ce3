"""What is made of a model's answers, whatever it ran on."""

from .differential import differential_count
from .no_answer import no_answer

__all__ = ['differential_count', 'no_answer']
