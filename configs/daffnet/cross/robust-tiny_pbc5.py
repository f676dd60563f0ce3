# All augmentations together: magnification, stain, lamp and camera, some
# images in grey, blur, noise and compression.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
    '../../_base_/pipelines/variation.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
train_pipeline = [
    *_base_.zoomed_view,
    *_base_.symmetries,
    *_base_.variation,
    *_base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
