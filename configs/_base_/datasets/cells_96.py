# Cell images at 96 px for small models on a CPU: what is the same for every
# dataset. A dataset's file adds its type and its place.
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

# Departures from the papers, which fine-tune at 224 px. So few pixels are not
# spent on red cells: wide views such as PBC's lose their borders, at the same
# scale in training and test. From scratch, a small model needs the eight
# symmetries of the square, under which cells keep their attributes.
train_pipeline = [
    dict(type='LoadCellImage', min_edge=146),
    dict(type='FrameCell', share=0.72),
    dict(type='ResizeEdge', scale=105, edge='short'),
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
test_pipeline = [
    dict(type='LoadCellImage', min_edge=146),
    dict(type='FrameCell', share=0.66),
    dict(type='ResizeEdge', scale=96, edge='short'),
    dict(type='CenterCrop', crop_size=96),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]

train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    pin_memory=False,
    # Workers that start with each epoch make a resumed run exact.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='val', pipeline=test_pipeline),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(split='test', pipeline=test_pipeline)
)

val_evaluator = test_evaluator = dict(type='WBCMetric')
