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
model = dict(
    backbone=dict(arch='lite2'),
    init_cfg=dict(checkpoint='work_dirs/map-lite_laboratories/mean.pth'),
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    ),
)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
train_cfg = dict(max_epochs=3)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=30),
    dict(_base_.decay, begin=0, end=3),
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
