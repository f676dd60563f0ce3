# A plain ResNet18 at reduced width, for CPUs.
_base_ = './tiny.py'
model = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=18, base_channels=32, stem_channels=32),
    head=dict(
        type='FusionHead',
        num_classes=5,
        in_channels=256,
        morphological_channels=0,
    ),
)
