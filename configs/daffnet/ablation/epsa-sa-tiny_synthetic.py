# DAFFNet-tiny without its morphological branch, on synthetic cells.
_base_ = [
    '../../_base_/datasets/tiny_synthetic.py',
    '../../_base_/models/tiny_epsa-sa.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
train_cfg = dict(max_epochs=5)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=5)]
