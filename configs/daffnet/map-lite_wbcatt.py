# Stage 1 on EfficientNet-Lite0 with ImageNet weights.
_base_ = [
    '../_base_/datasets/lite_wbcatt.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
