# Chen et al.'s network for CPUs, from scratch: a narrow ResNet18 and a narrow,
# shallow DenseNet, up to their third stage.
from_scratch = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm']),
]
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='DualResDenseNet',
        resnet=dict(
            type='ResNet',
            depth=18,
            base_channels=32,
            stem_channels=32,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2,),
            init_cfg=from_scratch,
        ),
        densenet=dict(
            type='TruncatedDenseNet',
            arch=dict(growth_rate=16, depths=[2, 4, 6], init_channels=32),
            num_stages=3,
            init_cfg=from_scratch,
        ),
        in_channels=dict(resnet=128, densenet=144),
        channels=64,
        fusion='sum',
        attention=dict(type='SCAM'),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='StackedLinearClsHead',
        in_channels=64,
        mid_channels=[64],
        dropout_rate=0.5,
    ),
    train_cfg=dict(augments=dict(type='Mixup', alpha=0.2)),
)
