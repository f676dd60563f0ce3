# Stage 1 on WBCAtt's published split, 64 epochs from what the network learned
# on synthetic cells.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_official.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
    '../_base_/pipelines/other_laboratories.py',
]

# So that attributes are seen elsewhere too, a quarter of the cells look as if
# from another laboratory.
as_they_are = [*_base_.frame, *_base_.symmetries]
elsewhere = [
    # Not so close that a cell's outline is lost.
    dict(type='RandomZoom', zoom=(1.25, 2.2)),
    *_base_.symmetries,
    *_base_.other_laboratories,
    _base_.forget_untrue,
]

train_pipeline = [
    *_base_.load,
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.75, 0.25],
    ),
    *_base_.pack,
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
# fmt: off
annotator_disagreement = [
    0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456, 0.0017,
    0.0135, 0.0,
]
# fmt: on
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
        loss=dict(type='DSLLoss', label_smoothing=annotator_disagreement)
    ),
)

default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))

# Mixed and changed images are harder to learn.
train_cfg = dict(max_epochs=64)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=64)]
