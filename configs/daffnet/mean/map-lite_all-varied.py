# A part of the mean that map-lite_mean.py begins from: as
# ../map-lite_laboratories.py, but all cells of laboratories that teach no
# attributes are varied, and magnifications stay.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_map.py',
    '../../_base_/schedules/lite_16e.py',
]
varied = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories,
    # A cell's size stays what it was.
    dict(
        type='ForgetAttributes',
        attributes=['cytoplasm_colour', 'granule_colour'],
    ),
]
rarely_varied = dict(
    type='RandomChoice',
    transforms=[[*_base_.view, *_base_.symmetries], varied],
    prob=[0.75, 0.25],
)
painted = dict(_base_.painted, pipeline=[*_base_.painted.pipeline, *varied])
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(_base_.pbc, pipeline=[*_base_.load, rarely_varied]),
            dict(
                type='StratifiedSubset',
                most=1000,
                dataset=dict(_base_.raabin, pipeline=[*_base_.load, *varied]),
            ),
            dict(
                type='RepeatDataset',
                times=6,
                dataset=dict(
                    _base_.bccd, pipeline=[*_base_.bccd.pipeline, *varied]
                ),
            ),
            dict(painted, laboratory='a'),
            dict(painted, laboratory='b'),
        ],
        pipeline=_base_.pack,
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
