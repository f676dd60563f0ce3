# Stage 3: DAFFNet on BCCD, four classes (Tables 2 and 4).
_base_ = [
    '../_base_/datasets/bccd.py',
    '../_base_/models/daffnet.py',
    '../_base_/schedules/adam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
default_hooks = dict(freeze=dict(except_layers=_base_.new_layers))
