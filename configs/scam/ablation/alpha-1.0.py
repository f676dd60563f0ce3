# Table 4: mixup at alpha 1.0.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_alpha-1.0_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=dict(augments=dict(alpha=1.0)))
