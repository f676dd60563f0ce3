# Table 6, row 1: MAP supervised by the attributes alone, without the
# auxiliary classifier of DSL. Row 2 is map_wbcatt.py, row 3 map_ssl.py.
_base_ = [
    '../_base_/datasets/wbcatt.py',
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
