# The tiny model's ablation before "+ MAP": an EPSA-SA-ResNet18 at reduced
# width.
_base_ = './tiny.py'
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EPSAResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
        spatial_attention=dict(type='SpatialAttention'),
    ),
    head=dict(
        type='FusionHead',
        num_classes=5,
        in_channels=256,
        morphological_channels=0,
    ),
)
