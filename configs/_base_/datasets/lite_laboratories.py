# Three laboratories at 128 px for EfficientNet-Lite0 on a CPU. Trained on are
# PBC with WBCAtt's attributes (nine tenths of the published training part),
# Raabin-WBC (the slides of its training part) and BCCD (the published list,
# cut out of the fields by the boxes that come with it); the others' attributes
# are unknown. The tenth selects, and WBCAtt's validation part is the test, as
# in lite_wbcatt_official.py.
#
# Environment variables move the data: those of WBCAtt and RaabinWBC, and
# BCCD_DETECTION_ROOT. Every laboratory is loaded in a way of its own; what
# follows is the same for all: `train_dataloader.dataset.pipeline`.
_base_ = './cells_128.py'
num_classes = 5
official = dict(
    type='WBCAtt',
    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
    ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
    official_split=True,
    select_ratio=0.1,
)
load = [dict(type='LoadCellImage', min_edge=194)]
pbc = dict(official, split='train', pipeline=load)
raabin = dict(
    type='RaabinWBC',
    data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
    # The test sets are for the last figures.
    subsets=('Train',),
    split='train',
    split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin.csv}}',
    pipeline=load,
)
bccd = dict(
    type='BCCD',
    data_root='{{$BCCD_DETECTION_ROOT:data/bccd_detection}}',
    official_split=True,
    split='train',
    # A box ends where the cell does; what crop_cells.py leaves around it.
    pipeline=[dict(type='LoadCellImage', min_edge=194, margin=0.1)],
)
train_pipeline = [
    dict(type='FrameCell', share=0.72),
    dict(type='ResizeEdge', scale=140, edge='short'),
    dict(type='RandomCrop', crop_size=128),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[pbc, raabin, bccd],
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(dataset=dict(official, split='select'))
test_dataloader = dict(dataset=dict(official, split='val'))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
