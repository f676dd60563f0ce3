# Table 7: the ResNet branch alone.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_resnet-only_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(densenet=None))
