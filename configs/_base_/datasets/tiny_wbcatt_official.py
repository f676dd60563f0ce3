# WBCAtt's published split at 96 px: a tenth of its training part selects the
# best epoch, and its validation part is the test. (Its test part is tested by
# `test_dataloader.dataset.split=test`.)
# The parts of the pipelines have names, so that a config can say what it adds.
num_classes = 5
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

# As in cells_96.py.
load = [dict(type='LoadCellImage', min_edge=146)]
frame = [dict(type='FrameCell', share=0.72)]
symmetries = [
    dict(type='ResizeEdge', scale=105, edge='short'),
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
pack = [dict(type='PackInputs', algorithm_keys=('gt_attributes',))]
train_pipeline = [*load, *frame, *symmetries, *pack]
test_pipeline = [
    *load,
    # FrameCell where no laboratory's profile is given.
    dict(type='ApplyProfile', share=0.66),
    dict(type='ResizeEdge', scale=96, edge='short'),
    dict(type='CenterCrop', crop_size=96),
    *pack,
]

official = dict(
    type='WBCAtt',
    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
    ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
    split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    official_split=True,
    select_ratio=0.1,
)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(official, split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(official, split='select', pipeline=test_pipeline),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(official, split='val', pipeline=test_pipeline),
)

val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
