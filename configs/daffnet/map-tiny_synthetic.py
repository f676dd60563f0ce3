# Stage 1 on embedded synthetic cells.
_base_ = [
    '../_base_/datasets/synthetic.py',
    '../_base_/models/map_tiny.py',
    '../_base_/schedules/tiny_5e.py',
    '../_base_/recipes/tiny.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
