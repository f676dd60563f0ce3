"""Run every table of both papers, or a matrix of methods and datasets."""

from .label_curve import draw_label_curves
from .matrix import own_table, paper_table
from .plan import Plan, Run, Settings
from .run import LocalLauncher, SlurmLauncher, Trainer, time_left
from .training_steps import Outcome
from .unseen import unseen_table, write_unseen
from .writers import write_tables

__all__ = [
    'LocalLauncher',
    'Outcome',
    'Plan',
    'Run',
    'Settings',
    'SlurmLauncher',
    'Trainer',
    'draw_label_curves',
    'own_table',
    'paper_table',
    'time_left',
    'unseen_table',
    'write_tables',
    'write_unseen',
]
