# Stage 3 on PBC's five white blood cell classes, with a MAP on
# EfficientNet-Lite0.
_base_ = [
    '../_base_/datasets/lite_pbc5.py',
    '../_base_/models/lite_daffnet.py',
    '../_base_/schedules/lite_16e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
