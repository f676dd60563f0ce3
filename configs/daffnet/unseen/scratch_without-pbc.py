# Without ImageNet's weights.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
model = dict(
    backbone=dict(
        init_cfg=[
            dict(type='Kaiming', layer='Conv2d'),
            dict(type='Constant', layer='_BatchNorm', val=1),
        ]
    )
)
train_dataloader = dict(batch_size=32)
train_cfg = dict(val_interval=16)
