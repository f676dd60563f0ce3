# The row that Table 6 lacks: SSL without DSL, to tell their effects apart.
_base_ = [
    '../_base_/datasets/wbcatt_ssl.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]
model = dict(head=dict(num_classes=None))
default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
