# Table 4: mixup at alpha 1.0.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/dual_res_densenet.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(
    train_cfg=dict(augments=dict(alpha=1.0)),
    head=dict(num_classes=_base_.num_classes),
)
