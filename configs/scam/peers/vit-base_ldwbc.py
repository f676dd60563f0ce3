# ViT-B/16 under Chen et al.'s recipe.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/peers/vit-base.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(
    head=dict(num_classes=_base_.num_classes),
    train_cfg=dict(augments=dict(type='Mixup', alpha=0.2)),
)
