_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/recipes/epsa-sa-map.py',
]
