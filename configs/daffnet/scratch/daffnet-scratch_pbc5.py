# Stage 3 at full size without ImageNet weights.
_base_ = ['../daffnet_pbc5.py', '../../_base_/recipes/scratch_224.py']
model = dict(
    backbone=dict(init_cfg=_base_.scratch.backbone_init),
    neck=dict(
        predictor=dict(
            init_cfg=dict(checkpoint='work_dirs/map-scratch_ssl/best.pth')
        ),
        predictor_config='configs/daffnet/scratch/map-scratch_ssl.py',
    ),
    head=dict(init_cfg=_base_.scratch.head_init),
)
train_dataloader = dict(
    batch_size=_base_.scratch.batch_size,
    dataset=dict(pipeline=_base_.scratch.train_pipeline),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.scratch.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.scratch.test_pipeline))
optim_wrapper = dict(_delete_=True, **_base_.scratch.optim_wrapper)
param_scheduler = _base_.scratch.param_scheduler
train_cfg = dict(max_epochs=_base_.scratch.max_epochs)
auto_scale_lr = dict(base_batch_size=_base_.scratch.batch_size)
default_hooks = _base_.scratch.hooks
