# Procedurally painted cells of laboratory a: no files needed.
num_classes = 5
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

# Small and few, so that the demonstration ends in minutes on two cores.
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

train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='SyntheticWBC',
        split='train',
        num_samples=2600,
        image_size=96,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticWBC',
        split='val',
        num_samples=300,
        image_size=96,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(val_dataloader['dataset'], split='test', num_samples=1000),
)

# Networks that predict attributes too have both metrics.
val_evaluator = test_evaluator = dict(type='WBCMetric')
