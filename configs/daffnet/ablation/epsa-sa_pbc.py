# Table 4, row 3, on PBC: ResNet50 + EPSA + SA.
_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/models/epsa-sa.py',
    '../../_base_/schedules/adam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
default_hooks = dict(freeze=dict(except_layers=_base_.new_layers))
