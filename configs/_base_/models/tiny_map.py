# A Morphological Attribute Predictor for CPUs: a ResNet18 at reduced width.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=18,
        base_channels=40,
        stem_channels=40,
    ),
    head=dict(type='MAPHead', in_channels=320, num_classes=5),
)
