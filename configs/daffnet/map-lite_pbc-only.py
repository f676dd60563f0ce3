# Stage 1 of the twin of the model for many laboratories, which sees PBC alone:
# what it can do elsewhere, variation has taught it.
_base_ = [
    '../_base_/datasets/cells_laboratories.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(
    dataset=dict(
        datasets=[_base_.pbc],
        pipeline=[_base_.varied, *_base_.pack],
    )
)
val_dataloader = dict(dataset=dict(_base_.home, _delete_=True, split='select'))
test_dataloader = dict(dataset=dict(_base_.home, _delete_=True))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
model = dict(
    backbone=dict(arch='lite2'),
    init_cfg=dict(checkpoint='work_dirs/efficientnet-lite2.pth'),
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    ),
)
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
