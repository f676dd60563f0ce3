# How a laboratory's images may be varied in training.
#
# Other magnifications and tighter crops, at any angle. A cell takes twice as
# much of BCCD's crops as of PBC's, and one and a half times of JTSC's.
zoomed_view = [
    dict(type='LoadCellImage', min_edge=144),
    dict(type='ResizeEdge', scale=144, edge='short'),
    dict(type='RandomZoom', zoom=(1.0, 2.3)),
    dict(type='ResizeEdge', scale=72, edge='short'),
]
# Stain, lamp and camera, some images in grey, blur, noise and compression.
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
