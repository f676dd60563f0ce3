# Every image stained anew, strongly.
_base_ = './flips-tiny_pbc5.py'
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    dict(type='RandomStainJitter', scale=0.3, shift=0.15),
    *_base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
