# VGG19 without mixup.
_base_ = './vgg19.py'
work_dir = 'work_dirs/scam_vgg19_raw_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
