# Stage 3 at full size without ImageNet weights.
_base_ = [
    '../../_base_/datasets/framed_pbc5.py',
    '../../_base_/models/daffnet.py',
    '../../_base_/schedules/scratch_60e.py',
]
model = dict(
    backbone=dict(init_cfg=_base_.backbone_init),
    neck=dict(
        predictor=dict(
            init_cfg=dict(checkpoint='work_dirs/map-scratch_ssl/best.pth')
        ),
        predictor_config='configs/daffnet/scratch/map-scratch_ssl.py',
    ),
    head=dict(num_classes=_base_.num_classes, init_cfg=_base_.head_init),
)
