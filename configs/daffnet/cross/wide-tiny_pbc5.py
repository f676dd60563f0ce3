# Stains, lamps and cameras vary widely, magnifications too, and wide views are
# cropped to the cell.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
    '../../_base_/pipelines/other_laboratories.py',
]

model = dict(head=dict(num_classes=_base_.num_classes))
train_pipeline = [
    dict(type='LoadCellImage', min_edge=144),
    dict(type='RandomZoom', zoom=(1.25, 3.3)),
    dict(type='ResizeEdge', scale=72, edge='short'),
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
test_pipeline = [
    dict(type='LoadCellImage', min_edge=97),
    dict(type='FrameCell', share=0.66),
    dict(type='ResizeEdge', scale=64, edge='short'),
    *_base_.centre,
    *_base_.pack,
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
