# All augmentations together, and group normalisation.
_base_ = './robust-tiny_pbc5.py'
model = dict(backbone=dict(norm_cfg=dict(type='GN', num_groups=8)))
