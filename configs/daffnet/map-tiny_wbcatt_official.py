# Stage 1 of the shipped model: WBCAtt's published split, 64 epochs from what
# the network learned on synthetic cells.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_official.py',
    '../_base_/models/map_tiny.py',
    '../_base_/schedules/tiny_64e.py',
    '../_base_/recipes/tiny.py',
    '../_base_/pipelines/other_laboratories.py',
    '../_base_/annotator_disagreement.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))

# So that attributes are seen elsewhere too, a quarter of the cells look as if
# from another laboratory.
as_they_are = _base_.train_pipeline[1:-1]
elsewhere = [
    # In the place of FrameCell; not so close that a cell's outline is lost.
    dict(type='RandomZoom', zoom=(1.25, 2.2)),
    *as_they_are[1:],
    *_base_.other_laboratories,
    _base_.forget_untrue,
]
train_pipeline = [
    _base_.train_pipeline[0],
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.75, 0.25],
    ),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# Half of the batches are mixed, with their attributes; see README.md for what
# this and the smoothing are worth.
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(
    init_cfg=dict(
        type='Pretrained',
        checkpoint='work_dirs/map-tiny_synthetic-pretrain/best.pth',
    ),
    train_cfg=dict(augments=[dict(type='CutMix', alpha=1.0)], probs=[0.5]),
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    ),
)
