# Stage 1 on embedded synthetic cells.
_base_ = [
    '../_base_/datasets/tiny_synthetic.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=5)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=5)]
