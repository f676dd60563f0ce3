# Inception v3 without mixup (Table 10).
_base_ = './inception-v3.py'
work_dir = 'work_dirs/scam_inception-v3_raw_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
