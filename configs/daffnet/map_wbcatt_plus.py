# Stage 1 beyond the paper: what helped the small model (README.md, "MAP beyond
# the paper"), at full size. No one has trained it at this size yet.
_base_ = [
    './map_wbcatt.py',
    '../_base_/pipelines/other_laboratories.py',
    '../_base_/annotator_disagreement.py',
]

# Few pixels for the red cells around a cell; and the eight symmetries of the
# square, which leave all attributes as they are.
as_they_are = [
    dict(type='FrameCell', share=0.72),
    *_base_.train_pipeline[1:-1],
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
# So that attributes are seen elsewhere too, a quarter of the cells look as if
# from another laboratory.
elsewhere = [
    dict(type='RandomZoom', zoom=(1.25, 2.2)),
    *as_they_are[1:],
    *_base_.other_laboratories,
    _base_.forget_untrue,
]
load = dict(type='LoadCellImage', min_edge=356)
train_pipeline = [
    load,
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.75, 0.25],
    ),
    _base_.train_pipeline[-1],
]
test_pipeline = [
    load,
    dict(type='FrameCell', share=0.63),
    *_base_.test_pipeline[1:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
# Half of the batches are mixed, with their attributes.
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(
    train_cfg=dict(augments=[dict(type='CutMix', alpha=1.0)], probs=[0.5]),
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    ),
)
