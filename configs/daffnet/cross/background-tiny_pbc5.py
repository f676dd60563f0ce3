# The background of every image is made white, for training and for testing.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
view = [*_base_.view, dict(type='NormalizeBackground')]
train_pipeline = [*view, *_base_.symmetries, *_base_.pack]
test_pipeline = [*view, *_base_.centre, *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
