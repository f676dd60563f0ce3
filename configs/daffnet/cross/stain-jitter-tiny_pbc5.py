# Every image stained anew, strongly.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    dict(type='RandomStainJitter', scale=0.3, shift=0.15),
    *_base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
