# Table 4: mixup at alpha 0.8.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_alpha-0.8_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=dict(augments=dict(alpha=0.8)))
