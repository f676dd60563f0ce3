# Cell images as Chen et al. 2022 take them: what is the same for every
# dataset. A dataset's file adds its type and its place.
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    # ImageNet's statistics, as the pretrained weights expect.
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

# All images are resized to 224x224. "Rotation, flipping, translation, etc.":
# how far is not said. The paper's copies were made in advance; here every
# epoch draws anew.
train_pipeline = [
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
test_pipeline = [
    dict(type='LoadCellImage', min_edge=224),
    dict(type='Resize', scale=(224, 224)),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    # Workers that start with each epoch make a resumed run exact.
    persistent_workers=False,
    # Figure 4: as many images of every class.
    sampler=dict(type='ClassBalancedSampler'),
    dataset=dict(split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='val', pipeline=test_pipeline),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(split='test', pipeline=test_pipeline)
)

val_evaluator = test_evaluator = dict(type='WBCMetric')
