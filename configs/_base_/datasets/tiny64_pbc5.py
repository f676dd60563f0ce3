# PBC's five white blood cell classes at 64 px: a training takes minutes on two
# cores. The parts of the pipelines have names, so that a variant can say what
# it changes.
_base_ = './tiny_pbc5.py'

view = [
    dict(type='LoadCellImage', min_edge=72),
    dict(type='ResizeEdge', scale=72, edge='short'),
]
symmetries = [
    dict(type='RandomCrop', crop_size=64),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
centre = [dict(type='CenterCrop', crop_size=64)]
pack = [dict(type='PackInputs', algorithm_keys=('gt_attributes',))]

train_pipeline = [*view, *symmetries, *pack]
test_pipeline = [*view, *centre, *pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
