"""What is made of a model's answers, whatever it ran on."""

from .differential import differential_count

__all__ = ['differential_count']
