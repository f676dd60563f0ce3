# Stage 1 for CPUs.
_base_ = [
    '../_base_/datasets/tiny_wbcatt.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
