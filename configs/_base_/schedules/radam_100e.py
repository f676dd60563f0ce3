# Chen et al. 2022, Table 3: RAdam at 1e-5, batches of 16 (see the datasets),
# 100 epochs. The rate is called initial, but no decay is described.
_base_ = '../default_runtime.py'
# Mixed precision is a departure, as in adam_100e.py.
optim_wrapper = dict(
    type='mmpretrain.BFloat16OptimWrapper',
    optimizer=dict(type='RAdam', lr=1e-5),
)
param_scheduler = []
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=16)

# The best on validation is tested; nothing is frozen, nothing stops early.
default_hooks = dict(checkpoint=dict(save_best='wbc/accuracy', rule='greater'))
