# Stage 1 on EfficientNet-Lite0 with ImageNet weights, on WBCAtt's published
# split.
_base_ = [
    '../_base_/datasets/lite_wbcatt_official.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
# fmt: off
annotator_disagreement = [
    0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456, 0.0017,
    0.0135, 0.0,
]
# fmt: on
model = dict(
    head=dict(
        loss=dict(type='DSLLoss', label_smoothing=annotator_disagreement)
    )
)
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
