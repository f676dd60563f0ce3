# + SA for CPUs: an EPSA-SA-ResNet18 at half the width.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EPSAResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
        spatial_attention=dict(type='SpatialAttention'),
    ),
    head=dict(type='FusionHead', in_channels=256, morphological_channels=0),
)
