# Stage 1 on EfficientNet-Lite0 with ImageNet weights, on three laboratories:
# attributes by PBC's cells, cell types by those of all.
_base_ = [
    '../_base_/datasets/lite_laboratories.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
