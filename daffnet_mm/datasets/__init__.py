from .pbc import PBC
from .pseudo_labelled_dataset import PseudoLabelledDataset
from .pseudo_labels import PseudoLabels
from .splits import read_split_file, stratified_split, write_split_file
from .synthetic_wbc import SyntheticWBC
from .transforms import *  # noqa: F401, F403
from .wbc_dataset import WBCDataset
from .wbcatt import WBCAtt

__all__ = [
    'PBC', 'PseudoLabelledDataset', 'PseudoLabels', 'SyntheticWBC', 'WBCAtt',
    'WBCDataset', 'read_split_file', 'stratified_split', 'write_split_file'
]
