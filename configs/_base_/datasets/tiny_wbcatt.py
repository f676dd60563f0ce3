# WBCAtt at 96 px, for small models on a CPU.
_base_ = './tiny_pbc5.py'
dataset_type = 'WBCAtt'
ann_dir = '{{$WBCATT_ROOT:data/wbcatt}}'
train_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))
val_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))
test_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))

val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
