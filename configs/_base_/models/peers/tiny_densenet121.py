# DenseNet121 for CPUs: 16 dense layers, from scratch.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='DenseNet',
        arch=dict(growth_rate=16, depths=[2, 4, 6, 4], init_channels=32),
        init_cfg=[
            dict(type='Kaiming', layer=['Conv2d']),
            dict(type='Constant', val=1, layer=['_BatchNorm']),
        ],
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', in_channels=136),
)
