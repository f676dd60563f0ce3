# Stage 3 of the twin that sees PBC alone: the encoder and the head, on the
# frozen MAP of stage 1.
_base_ = [
    '../_base_/datasets/cells_laboratories.py',
    '../_base_/models/lite_daffnet.py',
    '../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(
    # What is rare at home is not elsewhere.
    sampler=dict(
        _delete_=True, type='ClassBalancedSampler', samples_per_class='mean'
    ),
    dataset=dict(
        datasets=[_base_.pbc],
        pipeline=[_base_.varied, *_base_.pack],
    ),
)
val_dataloader = dict(dataset=dict(_base_.home, _delete_=True, split='select'))
test_dataloader = dict(dataset=dict(_base_.home, _delete_=True))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
model = dict(
    neck=dict(
        predictor=dict(
            backbone=dict(arch='lite2'),
            init_cfg=dict(
                # What tools/analysis_tools/calibrate_map.py makes of stage
                # 1's best.pth.
                checkpoint='work_dirs/map-lite_pbc-only/calibrated.pth'
            ),
        ),
        predictor_config='configs/daffnet/map-lite_pbc-only.py',
    ),
    head=dict(
        num_classes=_base_.num_classes,
        # Learned together, the attributes are left idle.
        each_alone=True,
        loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1),
    ),
)
# There is little to train.
train_cfg = dict(max_epochs=6)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=6)]
