"""Say why an answer should be looked at again; needs no framework."""

from .open_set import OpenSet
from .review_rule import CRITERIA, Criterion, ReviewRule, Verdict
from .view import View, look_at

__all__ = [
    'CRITERIA',
    'Criterion',
    'OpenSet',
    'ReviewRule',
    'Verdict',
    'View',
    'look_at',
]
