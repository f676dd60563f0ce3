# Tables 5 and 6: channel attention alone.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/dual_res_densenet.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(
    backbone=dict(attention=dict(type='ChannelAttention')),
    head=dict(num_classes=_base_.num_classes),
)
