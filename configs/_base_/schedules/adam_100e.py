# DAFFNet's training (Sec. 3.2): start from ImageNet, train the new layers for
# some epochs, then all, and stop when validation no longer improves. Adam,
# learning rate 1e-4, batch size 32 (see the datasets), 100 epochs.
_base_ = '../default_runtime.py'
# A departure, for speed: steps are in mixed precision where the device
# multiplies bfloat16 itself, elsewhere in float32. The paper names no
# precision; optim_wrapper.type=OptimWrapper is float32 everywhere.
optim_wrapper = dict(
    type='mmpretrain.BFloat16OptimWrapper',
    optimizer=dict(type='Adam', lr=1e-4),
)
param_scheduler = []
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=1)
val_cfg = dict()
test_cfg = dict()
# For several GPUs: --auto-scale-lr scales the learning rate to their batch.
auto_scale_lr = dict(base_batch_size=32)

default_hooks = dict(
    # "Freeze weight": the paper does not say for how long.
    freeze=dict(
        type='FreezePretrainedHook',
        epochs=5,
        layers=[r'backbone\.', r'head\.fc\.'],
    ),
    early_stopping=dict(
        type='ResumableEarlyStoppingHook',
        monitor='wbc/accuracy',
        patience=10,
        # In percent. Any gain counts: one cell of PBC's 3,418 is 0.03. With 0
        # a tie would count too.
        min_delta=1e-4,
    ),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
)
