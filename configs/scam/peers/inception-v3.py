# Inception v3 under Chen et al.'s recipe (Tables 10 to 12).
_base_ = [
    '../scam_{{$WBC_DATASET:ldwbc}}.py',
    '../../_base_/models/peers/inception-v3.py',
]
work_dir = 'work_dirs/scam_inception-v3_{{$WBC_DATASET:ldwbc}}'
num_classes = _base_.model.head.num_classes
model = dict(
    _base_.peer,
    _delete_=True,
    backbone=dict(_base_.peer.backbone, num_classes=num_classes),
    train_cfg=_base_.model.train_cfg,
)
