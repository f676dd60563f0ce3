# DenseNet121 without mixup (Table 10).
_base_ = './densenet121.py'
work_dir = 'work_dirs/scam_densenet121_raw_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
