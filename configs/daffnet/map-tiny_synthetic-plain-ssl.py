# SSL without DSL, on synthetic cells: see map_plain-ssl.py.
_base_ = './map-tiny_synthetic-ssl.py'
model = dict(head=dict(num_classes=None))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
