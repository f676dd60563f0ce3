# Beside the tables: the paper does not say how the maps are fused. Here they
# are concatenated.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/dual_res_densenet.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(
    backbone=dict(fusion='concat'),
    head=dict(
        num_classes=_base_.num_classes,
        in_channels=2 * _base_.model.backbone.channels,
    ),
)
