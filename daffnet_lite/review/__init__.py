"""Say why an answer should be looked at again; needs no framework."""

from .open_set import OpenSet
from .review_rule import CRITERIA, Criterion, ReviewRule
from .view import View, look_at

__all__ = ['CRITERIA', 'Criterion', 'OpenSet', 'ReviewRule', 'View', 'look_at']
