# Three gentle epochs, as those of ../map-lite_laboratories.py, from the mean
# (average_models.py) of that training and three more, all of which began from
# ImageNet's weights: ../map-lite_pbc-only.py and the two beside.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_map.py',
    '../../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(
    dataset=dict(datasets=_base_.several, pipeline=_base_.pack)
)
val_dataloader = dict(dataset=dict(_base_.home, _delete_=True, split='select'))
test_dataloader = dict(dataset=dict(_base_.home, _delete_=True))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
# fmt: off
annotator_disagreement = [
    0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456, 0.0017,
    0.0135, 0.0,
]
# fmt: on
model = dict(
    init_cfg=dict(checkpoint='work_dirs/map-lite_laboratories/mean.pth'),
    head=dict(
        loss=dict(type='DSLLoss', label_smoothing=annotator_disagreement)
    ),
)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
train_cfg = dict(max_epochs=3)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=30),
    dict(_base_.decay, begin=0, end=3),
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
