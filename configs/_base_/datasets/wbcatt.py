# WBCAtt: PBC's images of five classes with eleven attributes, in the split
# that all stages share. WBCATT_ROOT moves the annotation files.
_base_ = './pbc.py'
dataset_type = 'WBCAtt'
ann_dir = '{{$WBCATT_ROOT:data/wbcatt}}'
train_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))
val_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))
test_dataloader = dict(dataset=dict(type=dataset_type, ann_dir=ann_dir))

val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
