# Stage 1 on EfficientNet-Lite0 with ImageNet weights, on WBCAtt's published
# split.
_base_ = [
    '../_base_/datasets/lite_wbcatt_official.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
model = dict(
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    )
)
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
