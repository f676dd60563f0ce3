# Inception v3 without mixup (Table 10).
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/peers/inception-v3.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(backbone=dict(num_classes=_base_.num_classes))
