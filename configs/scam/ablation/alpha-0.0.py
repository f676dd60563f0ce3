# Table 4: without mixup (the raw data of Table 10).
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_alpha-0.0_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
