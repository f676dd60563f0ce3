# EfficientNet-Lite on a CPU. Departures from the papers: AdamW at a learning
# rate that warms up and reaches zero at the last epoch only, hence no early
# stopping; a running average of the weights is validated and kept; bfloat16,
# where the CPU multiplies it itself.
_base_ = '../default_runtime.py'
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    # Biases and normalisation layers are not decayed.
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
# For another number of epochs N:
#   train_cfg = dict(max_epochs=N)
#   param_scheduler = [_base_.warm_up, dict(_base_.decay, end=N)]
warm_up = dict(
    type='LinearLR',
    start_factor=0.05,
    by_epoch=True,
    end=2,
    convert_to_iter_based=True,
)
decay = dict(
    type='CosineAnnealingLR',
    eta_min=1e-6,
    by_epoch=True,
    begin=2,
    end=16,
    convert_to_iter_based=True,
)
param_scheduler = [warm_up, decay]
train_cfg = dict(by_epoch=True, max_epochs=16, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)

default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
)
custom_hooks = [
    dict(
        type='EMAHook',
        ema_type='MomentumAnnealingEMA',
        momentum=0.01,
        gamma=100,
        update_buffers=True,
        priority='ABOVE_NORMAL',
    )
]
# Nothing is frozen for a while: all parameters have gradients.
model_wrapper_cfg = dict(find_unused_parameters=False)
