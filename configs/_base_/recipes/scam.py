# Chen et al. 2022: the network, the schedule, and what a dataset's config
# takes over for its images.
_base_ = [
    '../models/dual_res_densenet.py',
    '../schedules/radam_100e.py',
    '../default_runtime.py',
]
# The best on validation is tested; nothing is frozen, nothing stops early.
default_hooks = dict(checkpoint=dict(save_best='wbc/accuracy', rule='greater'))

# All images are resized to 224x224. "Rotation, flipping, translation, etc.":
# how far is not said. The paper's copies were made in advance; here every
# epoch draws anew.
scam_train_pipeline = [
    dict(type='LoadCellImage', min_edge=224),
    dict(type='Resize', scale=(224, 224)),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='RandomFlip', prob=0.5, direction='vertical'),
    dict(
        type='Rotate',
        magnitude_range=(0, 30),
        magnitude_std='inf',
        interpolation='bilinear',
    ),
    dict(
        type='Translate',
        magnitude_range=(0, 0.1),
        magnitude_std='inf',
        direction='horizontal',
    ),
    dict(
        type='Translate',
        magnitude_range=(0, 0.1),
        magnitude_std='inf',
        direction='vertical',
    ),
    dict(type='PackInputs'),
]
scam_test_pipeline = [
    dict(type='LoadCellImage', min_edge=224),
    dict(type='Resize', scale=(224, 224)),
    dict(type='PackInputs'),
]
# Figure 4: as many images of every class.
scam_sampler = dict(_delete_=True, type='ClassBalancedSampler')
