# VGG19 without mixup.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/peers/vgg19.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(head=dict(num_classes=_base_.num_classes))
