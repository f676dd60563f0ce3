# Stage 2 on synthetic cells: laboratory b, which stains differently, knows
# its cell types but has no attributes.
_base_ = [
    '../_base_/datasets/tiny_synthetic_ssl.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
train_cfg = dict(max_epochs=5)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=5)]
