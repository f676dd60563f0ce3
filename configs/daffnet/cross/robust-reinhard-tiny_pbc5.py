# All augmentations together, then PBC's colour statistics.
_base_ = './robust-tiny_pbc5.py'
train_pipeline = [
    *_base_.zoomed_view,
    *_base_.symmetries,
    *_base_.variation,
    dict(type='NormalizeStain'),
    *_base_.pack,
]
test_pipeline = [
    *_base_.view,
    *_base_.centre,
    dict(type='NormalizeStain'),
    *_base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
