# 32 epochs in the same way.
_base_ = './tiny_18e.py'
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], end=32),
]
train_cfg = dict(max_epochs=32)
