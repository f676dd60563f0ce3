"""Boxes of cells that any detector, or a person, has drawn."""

from .given_box import GivenBox
from .matching import boxes_of_fields
from .reading import read_boxes

__all__ = ['GivenBox', 'boxes_of_fields', 'read_boxes']
