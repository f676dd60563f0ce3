# Tables 8 and 9: no ImageNet weights.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_tl-none_{{$WBC_DATASET:ldwbc}}'
model = dict(
    backbone=dict(
        resnet=dict(init_cfg=_base_.from_scratch),
        densenet=dict(init_cfg=_base_.from_scratch),
    )
)
