# Other magnifications and tighter crops, at any angle. A cell takes twice as
# much of BCCD's crops as of PBC's, and one and a half times of JTSC's.
_base_ = './flips-tiny_pbc5.py'
zoomed_view = [
    dict(type='LoadCellImage', min_edge=144),
    dict(type='ResizeEdge', scale=144, edge='short'),
    dict(type='RandomZoom', zoom=(1.0, 2.3)),
    dict(type='ResizeEdge', scale=72, edge='short'),
]
train_pipeline = [*zoomed_view, *_base_.symmetries, *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
