# Table 7: the DenseNet branch alone.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_densenet-only_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(resnet=None))
