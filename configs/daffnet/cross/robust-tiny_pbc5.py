# All augmentations together: magnification, stain, lamp and camera, some
# images in grey, blur, noise and compression.
_base_ = './scale-tiny_pbc5.py'
variation = [
    dict(type='RandomStainJitter', scale=0.15, shift=0.05),
    dict(type='RandomIlluminant', gain=0.3),
    dict(type='RandomHueSaturation', hue=0.1, saturation=0.4),
    dict(type='RandomGamma', strength=0.3),
    dict(type='RandomGrayscale', prob=0.2, keep_channels=True),
    dict(type='GaussianBlur', magnitude_range=(0.0, 1.5), magnitude_std='inf'),
    dict(type='RandomGaussianNoise', std=(0.0, 10.0), prob=0.5),
    dict(type='RandomJPEG', quality=(40, 95), prob=0.5),
]
train_pipeline = [
    *_base_.zoomed_view,
    *_base_.symmetries,
    *variation,
    *_base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
