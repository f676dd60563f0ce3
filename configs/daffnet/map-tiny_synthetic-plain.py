# Table 6, row 1, on synthetic cells: see map_plain.py.
_base_ = './map-tiny_synthetic.py'
model = dict(head=dict(num_classes=None))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
