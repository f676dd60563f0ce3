# ResNet50 under Chen et al.'s recipe (Tables 10 to 12).
_base_ = [
    '../scam_{{$WBC_DATASET:ldwbc}}.py',
    '../../_base_/models/peers/resnet50.py',
]
work_dir = 'work_dirs/scam_resnet50_{{$WBC_DATASET:ldwbc}}'
num_classes = _base_.model.head.num_classes
model = dict(
    _base_.peer,
    _delete_=True,
    head=dict(_base_.peer.head, num_classes=num_classes),
    train_cfg=_base_.model.train_cfg,
)
