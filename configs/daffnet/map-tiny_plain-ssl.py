# SSL without DSL, for CPUs: see map_plain-ssl.py.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_ssl.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=None))
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
