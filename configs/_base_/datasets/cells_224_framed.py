# Cell images at 224 px for models without ImageNet weights. As with the small
# models, wide views lose their borders, at the same scale in training and
# test, and all eight symmetries of the square are shown.
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

train_pipeline = [
    dict(type='LoadCellImage', min_edge=356),
    dict(type='FrameCell', share=0.72),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=224),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
test_pipeline = [
    dict(type='LoadCellImage', min_edge=356),
    dict(type='FrameCell', share=0.63),
    dict(type='ResizeEdge', scale=224, edge='short'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]

train_dataloader = dict(
    batch_size=64,
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
