# ResNet50 without mixup (Table 10).
_base_ = './resnet50.py'
work_dir = 'work_dirs/scam_resnet50_raw_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
