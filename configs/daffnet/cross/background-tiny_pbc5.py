# The background of every image is made white, for training and for testing.
_base_ = './flips-tiny_pbc5.py'
view = [*_base_.view, dict(type='NormalizeBackground')]
train_pipeline = [*view, *_base_.symmetries, *_base_.pack]
test_pipeline = [*view, *_base_.centre, *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
