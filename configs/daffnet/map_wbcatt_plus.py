# Stage 1 beyond the paper: what helped the small model (README.md, "MAP beyond
# the paper"), at full size. No one has trained it at this size yet.
_base_ = [
    '../_base_/datasets/wbcatt.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]

# Few pixels for the red cells around a cell; and the eight symmetries of the
# square, which leave all attributes as they are.
load = dict(type='LoadCellImage', min_edge=356)
pack = _base_.train_pipeline[-1]
symmetries = [
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=224),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]

as_they_are = [dict(type='FrameCell', share=0.72), *symmetries]

# So that attributes are seen elsewhere too, a quarter of the cells look as if
# from another laboratory: as in _base_/pipelines/other_laboratories.py.
elsewhere = [
    dict(type='RandomZoom', zoom=(1.25, 2.2)),
    *symmetries,
    dict(type='RandomStainJitter', scale=0.25, shift=0.0, prob=0.8),
    dict(type='RandomHueSaturation', hue=0.15, saturation=0.5),
    dict(type='RandomGamma', strength=0.4, channel_strength=0.3),
    dict(type='RandomFading', factor=(0.5, 1.1), prob=0.5),
    dict(type='RandomGrayscale', prob=0.3, keep_channels=True),
    dict(type='RandomIlluminant', gain=0.3),
    dict(type='GaussianBlur', magnitude_range=(0.0, 1.5), magnitude_std='inf'),
    dict(type='RandomGaussianNoise', std=(0.0, 8.0), prob=0.8),
    dict(
        type='ForgetAttributes',
        attributes=['cell_size', 'cytoplasm_colour', 'granule_colour'],
    ),
]

train_pipeline = [
    load,
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.75, 0.25],
    ),
    pack,
]
test_pipeline = [
    load,
    dict(type='FrameCell', share=0.63),
    # A cell is as large as in training, where 224 of 256 pixels are taken.
    dict(type='ResizeEdge', scale=224, edge='short'),
    *_base_.test_pipeline[2:],
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
# fmt: off
annotator_disagreement = [
    0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456, 0.0017,
    0.0135, 0.0,
]
# fmt: on
# Half of the batches are mixed, with their attributes.
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(
    train_cfg=dict(augments=[dict(type='CutMix', alpha=1.0)], probs=[0.5]),
    head=dict(
        loss=dict(type='DSLLoss', label_smoothing=annotator_disagreement)
    ),
)

default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
