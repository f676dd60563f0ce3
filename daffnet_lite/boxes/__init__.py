"""Boxes of cells that any detector, or a person, has drawn."""

from .given_box import BoxesByField, GivenBox
from .matching import boxes_of_fields
from .reading import read_boxes

__all__ = ['BoxesByField', 'GivenBox', 'boxes_of_fields', 'read_boxes']
