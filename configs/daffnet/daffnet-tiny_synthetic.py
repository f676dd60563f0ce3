# Stage 3 on embedded synthetic cells.
_base_ = [
    '../_base_/datasets/tiny_synthetic.py',
    '../_base_/models/tiny_daffnet.py',
    '../_base_/schedules/tiny_18e.py',
]
model = dict(
    neck=dict(
        predictor=dict(
            init_cfg=dict(
                checkpoint='work_dirs/map-tiny_synthetic-ssl/best.pth'
            )
        ),
        predictor_config='configs/daffnet/map-tiny_synthetic-ssl.py',
    ),
    head=dict(num_classes=_base_.num_classes),
)
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=5)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=5)]
