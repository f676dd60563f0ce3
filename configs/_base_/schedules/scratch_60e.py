# Where no ImageNet weights are at hand, in the place of the papers'
# fine-tuning, at full size. Nothing is pretrained, hence frozen; the learning
# rate reaches zero at the last epoch only, hence no early stop.
_base_ = '../default_runtime.py'
# On GPUs and on CPUs; float32 where there are no instructions for it.
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.05,
        by_epoch=True,
        end=2,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        eta_min=1e-5,
        by_epoch=True,
        begin=2,
        end=60,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=60, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)

default_hooks = dict(checkpoint=dict(save_best='wbc/accuracy', rule='greater'))

# What takes the place of the weights.
backbone_init = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
]
head_init = [dict(type='Normal', layer='Linear', std=0.01)]
