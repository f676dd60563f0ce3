# What a network can learn of cells before it sees a real one: 16,000 painted
# cells, framed as the real ones are. What it is worth is in README.md, "MAP
# beyond the paper".
_base_ = [
    '../_base_/datasets/tiny_synthetic.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]

model = dict(head=dict(loss=dict(type='DSLLoss', label_smoothing=0.05)))
train_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(type='CenterCrop', crop_size=105),
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
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
