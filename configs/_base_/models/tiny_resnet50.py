# ResNet50 for CPUs: a ResNet18 at half the width, from scratch.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
    ),
    head=dict(type='FusionHead', in_channels=256, morphological_channels=0),
)
