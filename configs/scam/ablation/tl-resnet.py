# Tables 8 and 9: ImageNet weights in the ResNet branch alone.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_tl-resnet_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(densenet=dict(init_cfg=_base_.from_scratch)))
