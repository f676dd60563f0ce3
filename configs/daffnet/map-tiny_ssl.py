# Stage 2 for CPUs; see map_ssl.py for how to make and list pseudo labels.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_ssl.py',
    '../_base_/models/tiny_map.py',
    '../_base_/schedules/tiny_18e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
