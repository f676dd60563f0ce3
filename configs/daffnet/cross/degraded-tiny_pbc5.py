# Blurred, noisy and compressed images.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
degradation = [
    dict(type='GaussianBlur', magnitude_range=(0.0, 1.5), magnitude_std='inf'),
    dict(type='RandomGaussianNoise', std=(0.0, 10.0), prob=0.5),
    dict(type='RandomJPEG', quality=(40, 95), prob=0.5),
]
train_pipeline = [*_base_.view, *_base_.symmetries, *degradation, *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
