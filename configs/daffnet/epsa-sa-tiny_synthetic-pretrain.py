# As map-tiny_synthetic-pretrain.py for DAFFNet's other branch: its backbone
# learns cells and their attributes from painted ones, half of them as if from
# other laboratories.
_base_ = [
    '../_base_/datasets/tiny_synthetic.py',
    '../_base_/models/tiny_epsa-sa.py',
    '../_base_/schedules/tiny_18e.py',
    '../_base_/pipelines/other_laboratories.py',
]

model = dict(
    head=dict(
        _delete_=True,
        type='MAPHead',
        in_channels=256,
        num_classes=_base_.num_classes,
        loss=dict(type='DSLLoss', label_smoothing=0.05),
    )
)

as_they_are = [
    dict(type='CenterCrop', crop_size=105),
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
elsewhere = [
    dict(type='RandomZoom', zoom=(1.0, 1.6)),
    *as_they_are,
    *_base_.other_laboratories,
    _base_.forget_untrue,
]

train_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.5, 0.5],
    ),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
test_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(type='CenterCrop', crop_size=96),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]

train_dataloader = dict(
    batch_size=64,
    dataset=dict(num_samples=16000, image_size=120, pipeline=train_pipeline),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(image_size=120, pipeline=test_pipeline)
)

val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
train_cfg = dict(max_epochs=8)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=8)]
