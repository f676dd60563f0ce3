# Small models from scratch on a CPU. Departures from the paper, which
# fine-tunes ImageNet weights: AdamW at a higher learning rate, batches of 64
# (see the datasets), and no early stopping, because the learning rate reaches
# zero at the last epoch only. Where the CPU multiplies bfloat16 itself, steps
# are in mixed precision; elsewhere in float32.
optim_wrapper = dict(
    type='mmpretrain.BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05),
    # Biases and normalisation layers are not decayed.
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)
