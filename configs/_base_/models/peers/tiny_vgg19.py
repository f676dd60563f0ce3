# VGG19 for CPUs: a VGG11. Without ImageNet weights, VGG learns with
# normalisation only.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='VGG', depth=11, norm_cfg=dict(type='BN')),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', in_channels=512),
)
