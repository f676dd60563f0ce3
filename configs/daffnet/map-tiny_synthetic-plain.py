# Table 6, row 1, on synthetic cells: see map_plain.py.
_base_ = [
    '../_base_/datasets/tiny_synthetic.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=None))
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=5)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=5)]
