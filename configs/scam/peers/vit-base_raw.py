# ViT-B/16 without mixup.
_base_ = './vit-base.py'
work_dir = 'work_dirs/scam_vit-base_raw_{{$WBC_DATASET:ldwbc}}'
model = dict(train_cfg=None)
