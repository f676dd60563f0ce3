# Cell images at 224 px for models with ImageNet weights: what is the same for
# every dataset. A dataset's file adds its type and its place.
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    # ImageNet's statistics, as the pretrained weights expect.
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

# Random crops of 224 for training, the centre for validation (Sec. 3.2). The
# paper does not say from which size: here the short side is 256 first.
train_pipeline = [
    dict(type='LoadCellImage', min_edge=256),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=224),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
test_pipeline = [
    dict(type='LoadCellImage', min_edge=256),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    # Workers that start with each epoch make a resumed run exact.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
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
