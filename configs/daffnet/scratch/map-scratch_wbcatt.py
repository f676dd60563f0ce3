# Stage 1 at full size without ImageNet weights.
_base_ = ['../map_wbcatt.py', '../../_base_/recipes/scratch_224.py']
model = dict(
    backbone=dict(init_cfg=_base_.scratch.backbone_init),
    head=dict(init_cfg=_base_.scratch.head_init),
)
train_pipeline = _base_.scratch.train_pipeline
train_dataloader = dict(
    batch_size=_base_.scratch.batch_size, dataset=dict(pipeline=train_pipeline)
)
val_dataloader = dict(dataset=dict(pipeline=_base_.scratch.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.scratch.test_pipeline))
optim_wrapper = dict(_delete_=True, **_base_.scratch.optim_wrapper)
param_scheduler = _base_.scratch.param_scheduler
train_cfg = dict(max_epochs=_base_.scratch.max_epochs)
auto_scale_lr = dict(base_batch_size=_base_.scratch.batch_size)
default_hooks = _base_.scratch.hooks
