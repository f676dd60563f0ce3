# A part of the mean that map-lite_mean.py begins from: as
# ../map-lite_laboratories.py, but half of all cells are varied, all of
# Raabin-WBC's training slides are taken, and no cell is painted.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_map.py',
    '../../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(
    dataset=dict(
        datasets=[
            _base_.pbc,
            _base_.raabin,
            dict(type='RepeatDataset', times=6, dataset=_base_.bccd),
        ],
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
