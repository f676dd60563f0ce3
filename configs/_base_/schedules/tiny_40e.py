# 40 epochs in the same way, for what is to be as good as it gets.
_base_ = './tiny_18e.py'
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], end=40),
]
train_cfg = dict(max_epochs=40)
