# Stage 3 of the shipped model, on WBCAtt's published split. Half of the cells
# look as if other laboratories had stained and photographed them.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_official.py',
    '../_base_/models/tiny_daffnet.py',
    '../_base_/schedules/tiny_18e.py',
    '../_base_/pipelines/other_laboratories.py',
]

as_they_are = [*_base_.frame, *_base_.symmetries]
elsewhere = [
    dict(type='RandomZoom', zoom=(1.25, 3.3)),
    *_base_.symmetries,
    *_base_.other_laboratories,
]

train_pipeline = [
    *_base_.load,
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.5, 0.5],
    ),
    *_base_.pack,
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/epsa-sa-tiny_synthetic-pretrain/best.pth',
            prefix='backbone.',
        )
    ),
    neck=dict(
        predictor=dict(
            # What tools/analysis_tools/calibrate_map.py makes of stage 1's
            # best.pth: daffnet_mm/weights/README.md, "Recipe".
            init_cfg=dict(
                checkpoint='work_dirs/map-tiny_wbcatt_official/calibrated.pth'
            )
        ),
        predictor_config='configs/daffnet/map-tiny_wbcatt_official.py',
    ),
    head=dict(
        num_classes=_base_.num_classes,
        loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1),
    ),
)

train_cfg = dict(max_epochs=32)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=32)]
