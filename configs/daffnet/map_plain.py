# Table 6, row 1: MAP supervised by the attributes alone, without the
# auxiliary classifier of DSL. Row 2 is map_wbcatt.py, row 3 map_ssl.py.
_base_ = './map_wbcatt.py'
model = dict(head=dict(num_classes=None))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
