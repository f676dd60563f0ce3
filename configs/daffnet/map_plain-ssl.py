# The row that Table 6 lacks: SSL without DSL, to tell their effects apart.
_base_ = './map_ssl.py'
model = dict(head=dict(num_classes=None))
# There is no cell type to evaluate.
val_evaluator = [dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
