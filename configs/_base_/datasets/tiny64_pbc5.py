# PBC's five white blood cell classes at 64 px: a training takes minutes on two
# cores. The parts of the pipelines have names, so that a variant can say what
# it changes. PBC_ROOT and PBC_SPLIT_FILE move the data.
classes = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
num_classes = 5
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

view = [
    dict(type='LoadCellImage', min_edge=72),
    dict(type='ResizeEdge', scale=72, edge='short'),
]
symmetries = [
    dict(type='RandomCrop', crop_size=64),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
centre = [dict(type='CenterCrop', crop_size=64)]
pack = [dict(type='PackInputs', algorithm_keys=('gt_attributes',))]
train_pipeline = [*view, *symmetries, *pack]
test_pipeline = [*view, *centre, *pack]

pbc5 = dict(
    type='PBC',
    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
    classes=classes,
    split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(pbc5, split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(pbc5, split='val', pipeline=test_pipeline),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(pbc5, split='test', pipeline=test_pipeline),
)

val_evaluator = test_evaluator = dict(type='WBCMetric')
