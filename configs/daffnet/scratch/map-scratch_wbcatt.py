# Stage 1 at full size without ImageNet weights.
_base_ = [
    '../../_base_/datasets/framed_wbcatt.py',
    '../../_base_/models/map.py',
    '../../_base_/schedules/scratch_60e.py',
]
model = dict(
    backbone=dict(init_cfg=_base_.backbone_init),
    head=dict(init_cfg=_base_.head_init),
)
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
