# A training of seconds with every hook of the real ones.
_base_ = '../../configs/_base_/default_runtime.py'

data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)
# Random, to see whether a resumed run draws the same.
train_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
test_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
# Nothing to share between workers, and it takes longer than an epoch.
serialize_data = False
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='SyntheticWBC',
        split='train',
        num_samples=48,
        image_size=32,
        serialize_data=serialize_data,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=16,
    num_workers=0,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticWBC',
        split='val',
        num_samples=16,
        image_size=32,
        serialize_data=serialize_data,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=16,
    num_workers=0,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticWBC',
        split='test',
        num_samples=16,
        image_size=32,
        serialize_data=serialize_data,
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(type='WBCMetric')
test_evaluator = val_evaluator

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EPSAResNet', depth=18, base_channels=8, stem_channels=8
    ),
    head=dict(
        type='FusionHead',
        num_classes=5,
        in_channels=64,
        morphological_channels=0,
        num_features=16,
        dropout=0.2,
    ),
)

optim_wrapper = dict(optimizer=dict(type='AdamW', lr=1e-3))
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)
]
train_cfg = dict(by_epoch=True, max_epochs=3, val_interval=1)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(
    logger=dict(interval=1),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
    report=dict(figures=False),
)
