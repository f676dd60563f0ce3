# Stage 3 on embedded synthetic cells.
_base_ = [
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/tiny_5e.py',
    '../_base_/recipes/tiny_daffnet.py',
]
model = dict(
    neck=dict(
        predictor=dict(
            init_cfg=dict(
                checkpoint='work_dirs/map-tiny_synthetic-ssl/best.pth'
            )
        ),
        predictor_config='configs/daffnet/map-tiny_synthetic-ssl.py',
    )
)
