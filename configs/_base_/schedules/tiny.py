# Small models from scratch on a CPU. Departures from the paper, which
# fine-tunes ImageNet weights: AdamW with warm-up and cosine decay at a higher
# learning rate, batches of 64, and no early stopping, because the learning
# rate reaches zero at the last epoch only.
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05),
    # Biases and normalisation layers are not decayed.
    paramwise_cfg=dict(norm_decay_mult=0., bias_decay_mult=0.))
max_epochs = 12
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.05,
        by_epoch=True,
        end=1,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=1e-5,
        by_epoch=True,
        begin=1,
        end=max_epochs,
        convert_to_iter_based=True),
]
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)
