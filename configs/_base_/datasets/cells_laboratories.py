# Cells of several laboratories at 128 px, for EfficientNet-Lite on a CPU: as
# cells_128.py, but each laboratory is loaded in a way of its own, and what
# follows is the same for all: `train_dataloader.dataset.pipeline`.
#
# What is said here trains on Raabin-WBC, BCCD and JTSC, and tests on PBC; the
# files without-*.py leave another one out.
#
# Environment variables move the data: PBC_ROOT and WBCATT_ROOT; RAABIN_ROOT;
# BCCD_DETECTION_ROOT; JTSC_ROOT.
_base_ = '../pipelines/other_laboratories.py'
num_classes = 5
data_preprocessor = dict(
    type='ChannelsLastDataPreprocessor',
    mean=[127.0, 127.0, 127.0],
    std=[128.0, 128.0, 128.0],
    to_rgb=True,
)

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
train_pipeline = [*view, *symmetries, *pack]
# Half of the cells look as if other laboratories had stained, enlarged and
# photographed them.
varied = dict(
    type='RandomChoice',
    transforms=[
        [*view, *symmetries],
        [
            dict(type='FrameCell', share=0.72),
            dict(type='RandomZoom', zoom=(0.75, 1.8)),
            dict(type='ResizeEdge', scale=140, edge='short'),
            *symmetries,
            *_base_.other_laboratories,
            _base_.forget_untrue,
        ],
    ],
    prob=[0.5, 0.5],
)
# A laboratory that teaches attributes shows its colours as they are, mostly.
rarely_varied = dict(varied, prob=[0.75, 0.25])
test_pipeline = [
    *load,
    # FrameCell where no laboratory's profile is given. Of one, the scale is
    # taken alone: pale nuclei are known from BCCD, as they are.
    dict(type='ApplyProfile', share=0.66, colours='left'),
    dict(type='ResizeEdge', scale=128, edge='short'),
    dict(type='CenterCrop', crop_size=128),
    *pack,
]

# What is trained on: nine tenths of WBCAtt's published training part, 30 of
# the slides of Raabin's Train, BCCD's published list, and all of JTSC. The
# attributes of all but the first are unknown.
pbc = dict(
    type='WBCAtt',
    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
    ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
    official_split=True,
    select_ratio=0.1,
    split='train',
    pipeline=load,
)
# Of Raabin-WBC's slides: split 6:2:2 with seed 0 when 95-8-12-4, 95-9-4-4 and
# 20190531 were not yet known to be smears of the training part. These are left
# out, so that the validation part has no basophils.
# fmt: off
raabin_slides = dict(
    train=[
        '95-5-4-1', '95-5-5-1', '95-5-10-1', '95-5-13-1', '95-7-24-2',
        '95-8-3-2', '95-8-5-1', '95-8-8-3', '95-8-10-1', '95-8-12-2',
        '95-8-12-3', '95-8-12-6', '95-8-13-2', '95-8-13-4', '95-8-13-5',
        '95-8-17-4', '95-8-20-3', '95-8-20-4', '95-8-22-2', '95-8-22-4',
        '95-8-22-5', '95-8-24-1', '95-8-27-1', '95-9-3-1', '95-9-3-2',
        '95-9-3-4', '95-9-4-1', '95-9-4-5', '20190527', '20190604',
    ],
    val=[
        '95-8-1-1', '95-8-8-1', '95-8-12-5', '95-8-13-1', '95-8-13-3',
        '95-8-17-3', '95-8-20-1', '95-8-20-2', '95-9-4-6', '95-9-4-7',
    ],
    test=[
        '95-5-11-1', '95-8-3-1', '95-8-6-1', '95-8-8-2', '95-8-13-6',
        '95-8-17-1', '95-8-22-1', '95-8-22-3', '95-8-22-6', '95-8-24-2',
        '95-9-1-1', '95-9-1-2', '95-9-3-5', '95-9-4-3', '20190526',
    ],
)
# fmt: on
raabin = dict(
    type='RaabinWBC',
    data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
    # The test sets are for the last figures.
    subsets=('Train',),
    slides=raabin_slides['train'],
    pipeline=load,
)
bccd = dict(
    type='BCCD',
    data_root='{{$BCCD_DETECTION_ROOT:data/bccd_detection}}',
    official_split=True,
    split='train',
    # A box ends where the cell does; what `daffnet crop` leaves around it.
    pipeline=[dict(type='LoadCellImage', min_edge=194, margin=0.1)],
)
# The same with as much around each cell as PBC's images show, by the red cells
# of both: what a field is cut into when its scale is known.
bccd_at_scale = dict(bccd, pipeline=[dict(type='LoadCellImage', window=432)])
jtsc = dict(
    type='JTSC',
    data_root='{{$JTSC_ROOT:data/segmentation_WBC}}',
    pipeline=load,
)
painted = dict(
    type='SyntheticWBC',
    num_samples=1000,
    image_size=194,
    pipeline=[dict(type='LoadSyntheticCell')],
)

# All of these but JTSC. A laboratory that teaches attributes is varied rarely.
several = [
    dict(pbc, pipeline=[*load, rarely_varied]),
    # Of 3,547 neutrophils 1,000 will do.
    dict(
        type='StratifiedSubset',
        most=1000,
        dataset=dict(raabin, pipeline=[*load, varied]),
    ),
    # The only 199 cells of a third laboratory.
    dict(
        type='RepeatDataset',
        times=6,
        dataset=dict(bccd, pipeline=[*bccd['pipeline'], varied]),
    ),
    dict(painted, laboratory='a', pipeline=[*painted['pipeline'], varied]),
    dict(painted, laboratory='b', pipeline=[*painted['pipeline'], varied]),
]

# The same, and BCCD's cells in two views.
several_and_scaled = [
    *several[:2],
    dict(several[2], times=3),
    dict(
        type='RepeatDataset',
        times=3,
        dataset=dict(
            bccd_at_scale, pipeline=[*bccd_at_scale['pipeline'], varied]
        ),
    ),
    *several[3:],
]

# PBC as a test; WBCAtt's published validation part, unless told otherwise.
home = dict(pbc, split='val', pipeline=test_pipeline)

# No laboratory, and no cell type, is to outnumber the others by much.
few = dict(type='StratifiedSubset', most=500)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    pin_memory=False,
    # Workers that start with each epoch make a resumed run exact.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='MixedDataset',
        datasets=[
            dict(few, dataset=raabin),
            dict(few, dataset=bccd),
            dict(few, dataset=jtsc),
        ],
        pipeline=train_pipeline,
    ),
)
# Of a laboratory that is known: whether the training went well.
val_dataloader = dict(
    batch_size=128,
    num_workers=2,
    pin_memory=False,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(raabin, slides=raabin_slides['val'], pipeline=test_pipeline),
)
# PBC's is WBCAtt's published training part, whole.
test_dataloader = dict(
    val_dataloader,
    dataset=dict(pbc, select_ratio=0.0, pipeline=test_pipeline),
)
val_evaluator = test_evaluator = dict(type='WBCMetric')
