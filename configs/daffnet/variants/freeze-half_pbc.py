# What comes from ImageNet stays frozen for half of the epochs.
_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/models/daffnet.py',
    '../../_base_/schedules/adam_100e.py',
]
work_dir = 'work_dirs/daffnet_{{ fileBasenameNoExtension }}'
model = dict(head=dict(num_classes=_base_.num_classes))
default_hooks = dict(freeze=dict(epochs=50, except_layers=_base_.new_layers))
