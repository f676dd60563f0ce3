# DAFFNet-tiny without its morphological branch.
_base_ = [
    '../../_base_/datasets/synthetic.py',
    '../../_base_/schedules/tiny_5e.py',
    '../../_base_/recipes/tiny_epsa-sa.py',
]
# This network predicts no attributes.
val_evaluator = dict(_delete_=True, type='WBCMetric')
test_evaluator = val_evaluator
