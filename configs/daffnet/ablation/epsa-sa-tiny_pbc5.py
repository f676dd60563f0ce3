# DAFFNet-tiny without its morphological branch.
_base_ = [
    '../../_base_/datasets/tiny_pbc5.py',
    '../../_base_/schedules/tiny_12e.py',
    '../../_base_/recipes/tiny_epsa-sa.py',
]
