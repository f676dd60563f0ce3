# Small models from scratch on a CPU. Departures from the papers, which
# fine-tune ImageNet weights: AdamW at a higher learning rate, batches of 64
# (see the datasets), and no early stopping, because the learning rate reaches
# zero at the last epoch only. Where the CPU multiplies bfloat16 itself, steps
# are in mixed precision; elsewhere in float32.
_base_ = '../default_runtime.py'
optim_wrapper = dict(
    type='mmpretrain.BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05),
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
    end=1,
    convert_to_iter_based=True,
)
decay = dict(
    type='CosineAnnealingLR',
    eta_min=1e-5,
    by_epoch=True,
    begin=1,
    end=18,
    convert_to_iter_based=True,
)
param_scheduler = [warm_up, decay]
train_cfg = dict(by_epoch=True, max_epochs=18, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)

default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
)
# Nothing is frozen for a while: all parameters have gradients.
model_wrapper_cfg = dict(find_unused_parameters=False)
