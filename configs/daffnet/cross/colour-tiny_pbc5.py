# Another lamp, camera and white balance for every image.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
colour = [
    dict(type='RandomIlluminant', gain=0.3),
    dict(type='RandomHueSaturation', hue=0.05, saturation=0.4),
    dict(type='RandomGamma', strength=0.3),
]
train_pipeline = [*_base_.view, *_base_.symmetries, *colour, *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
