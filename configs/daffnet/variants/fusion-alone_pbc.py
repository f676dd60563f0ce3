# Each feature learns the cell types by itself; predictions add both.
_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/models/daffnet.py',
    '../../_base_/schedules/adam_100e.py',
]
work_dir = 'work_dirs/daffnet_{{ fileBasenameNoExtension }}'
model = dict(head=dict(num_classes=_base_.num_classes, each_alone=True))
default_hooks = dict(freeze=dict(except_layers=_base_.new_layers))
