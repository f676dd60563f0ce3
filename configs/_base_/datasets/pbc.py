# PBC, eight classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# PBC_ROOT (the unzipped PBC_dataset_normal_DIB) and PBC_SPLIT_FILE.
dataset_type = 'PBC'
data_root = '{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}'
# Written at the first run, and shared by all three stages.
split_file = '{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}'

data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    # ImageNet's statistics, as the pretrained weights expect.
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True)

# Random crops of 224 for training, the centre for validation (Sec. 3.2). The
# paper does not say from which size: here the short side is 256 first.
train_pipeline = [
    dict(type='LoadCellImage'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=224),
    dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
]
test_pipeline = [
    dict(type='LoadCellImage'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    # Workers that start with each epoch make a resumed run exact.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        split_file=split_file,
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='val',
        split_file=split_file,
        pipeline=test_pipeline))
test_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='test',
        split_file=split_file,
        pipeline=test_pipeline))

val_evaluator = dict(type='WBCMetric')
test_evaluator = val_evaluator
