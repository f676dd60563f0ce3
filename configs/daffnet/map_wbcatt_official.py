# Stage 1 on WBCAtt's published split, for comparison with its baseline. Its
# test images are not those that stage 3 leaves out: do not build on it.
_base_ = [
    '../_base_/datasets/wbcatt.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]
default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
train_dataloader = dict(dataset=dict(official_split=True))
val_dataloader = test_dataloader = train_dataloader
