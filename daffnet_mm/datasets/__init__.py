from .bccd import BCCD
from .jtsc import JTSC
from .labelled_wbc import LABELLED9_CLASSES, LabelledWBC
from .ldwbc import LDWBC
from .lisc import LISC
from .pbc import PBC
from .pseudo_labelled_dataset import PseudoLabelledDataset
from .pseudo_labels import PseudoLabels
from .raabin_wbc import RaabinWBC
from .samplers import *  # noqa: F403
from .splits import (
    k_fold,
    read_group_file,
    read_split_file,
    stratified_split,
    write_split_file,
)
from .stratified_subset import StratifiedSubset
from .synthetic_wbc import SyntheticWBC
from .taxonomy_dataset import MixedDataset, TaxonomyDataset
from .transforms import *  # noqa: F403
from .wbc_dataset import WBCDataset
from .wbcatt import WBCAtt

__all__ = [
    'BCCD',
    'JTSC',
    'LABELLED9_CLASSES',
    'LDWBC',
    'LISC',
    'PBC',
    'LabelledWBC',
    'MixedDataset',
    'PseudoLabelledDataset',
    'PseudoLabels',
    'RaabinWBC',
    'StratifiedSubset',
    'SyntheticWBC',
    'TaxonomyDataset',
    'WBCAtt',
    'WBCDataset',
    'k_fold',
    'read_group_file',
    'read_split_file',
    'stratified_split',
    'write_split_file',
]
