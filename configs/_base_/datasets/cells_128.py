# Cell images at 128 px for EfficientNet-Lite0 on a CPU: as cells_96.py, with
# the values that its ImageNet weights were trained on.
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[127.0, 127.0, 127.0],
    std=[128.0, 128.0, 128.0],
    to_rgb=True,
)

# The parts of the pipelines have names, so that a variant can say what it
# changes.
load = [dict(type='LoadCellImage', min_edge=194)]
view = [
    dict(type='FrameCell', share=0.72),
    dict(type='ResizeEdge', scale=140, edge='short'),
]
symmetries = [
    dict(type='RandomCrop', crop_size=128),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
pack = [dict(type='PackInputs', algorithm_keys=('gt_attributes',))]
train_pipeline = [*load, *view, *symmetries, *pack]
test_pipeline = [
    *load,
    dict(type='FrameCell', share=0.66),
    dict(type='ResizeEdge', scale=128, edge='short'),
    dict(type='CenterCrop', crop_size=128),
    *pack,
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
