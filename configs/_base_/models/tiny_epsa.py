# + EPSA for CPUs.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EPSAResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
    ),
    head=dict(type='FusionHead', in_channels=256, morphological_channels=0),
)
