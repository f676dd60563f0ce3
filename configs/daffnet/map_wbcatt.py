# Stage 1: MAP on WBCAtt's true attributes, deep-supervised (Sec. 2.2.3).
_base_ = [
    '../_base_/datasets/wbcatt.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]
default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
