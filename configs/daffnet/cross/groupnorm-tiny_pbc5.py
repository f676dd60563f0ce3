# Group normalisation: nothing of PBC's images is kept in statistics.
_base_ = './flips-tiny_pbc5.py'
model = dict(backbone=dict(norm_cfg=dict(type='GN', num_groups=8)))
