# Group normalisation: nothing of PBC's images is kept in statistics.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(
    backbone=dict(norm_cfg=dict(type='GN', num_groups=8)),
    head=dict(num_classes=_base_.num_classes),
)
