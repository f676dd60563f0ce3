"""Run every table of both papers, or a matrix of methods and datasets."""

from .matrix import own_table, paper_table
from .plan import Plan, Run, Settings
from .run import LocalLauncher, Outcome, SlurmLauncher, Trainer
from .time_left import TimeLeft
from .writers import write_tables

__all__ = [
    'LocalLauncher',
    'Outcome',
    'Plan',
    'Run',
    'Settings',
    'SlurmLauncher',
    'TimeLeft',
    'Trainer',
    'own_table',
    'paper_table',
    'write_tables',
]
