# Stage 1 of the model for many laboratories: EfficientNet-Lite2 with ImageNet
# weights on three of them, attributes by PBC's cells, cell types by those of
# all. A tenth of WBCAtt's published training part selects, and its validation
# part is the test.
_base_ = [
    '../_base_/datasets/cells_laboratories.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(
    dataset=dict(datasets=_base_.several_and_scaled, pipeline=_base_.pack)
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
