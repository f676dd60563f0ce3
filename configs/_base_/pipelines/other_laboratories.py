# What differs between laboratories: dyes, how dark they took, lamp, camera and
# its tone curves, focus and noise. Wider than what one sees of any of them:
# what a network must not rely on has to vary more in training than it will in
# use.
other_laboratories = [
    dict(type='RandomStainJitter', scale=0.25, shift=0.0, prob=0.8),
    dict(type='RandomHueSaturation', hue=0.15, saturation=0.5),
    dict(type='RandomGamma', strength=0.4, channel_strength=0.3),
    dict(type='RandomFading', factor=(0.5, 1.1), prob=0.5),
    dict(type='RandomGrayscale', prob=0.3, keep_channels=True),
    dict(type='RandomIlluminant', gain=0.3),
    dict(type='GaussianBlur', magnitude_range=(0.0, 1.5), magnitude_std='inf'),
    dict(type='RandomGaussianNoise', std=(0.0, 8.0), prob=0.8),
]
# What these, and a change of scale, make untrue of a cell is not to be taught.
forget_untrue = dict(
    type='ForgetAttributes',
    attributes=['cell_size', 'cytoplasm_colour', 'granule_colour'],
)
