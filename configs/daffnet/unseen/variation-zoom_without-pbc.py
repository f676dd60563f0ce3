# Stain, lamp, camera and focus vary, and magnifications by a little, so that
# a cell's size goes on telling something.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_pipeline = [
    dict(type='FrameCell', share=0.72),
    dict(type='RandomZoom', zoom=(0.85, 1.25)),
    dict(type='ResizeEdge', scale=140, edge='short'),
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
train_cfg = dict(val_interval=16)
