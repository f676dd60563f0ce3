# Table 4, row 4: + MAP. Without the encoder, the 31 attribute probabilities
# join the high-level feature as they are.
imagenet = (
    'https://download.openmmlab.com/mmclassification/v0/resnet/'
    'resnet50_8xb32_in1k_20210831-ea4938fc.pth'
)
model = dict(
    type='DAFFNet',
    backbone=dict(
        type='EPSAResNet',
        depth=50,
        spatial_attention=dict(type='SpatialAttention'),
        init_cfg=dict(
            type='Pretrained', checkpoint=imagenet, prefix='backbone.'
        ),
    ),
    neck=dict(
        type='MFE',
        predictor=dict(
            type='ImageClassifier',
            backbone=dict(type='ResNet', depth=50),
            head=dict(type='MAPHead', in_channels=2048, num_classes=5),
            # What stage 2 leaves.
            init_cfg=dict(
                type='Pretrained', checkpoint='work_dirs/map_ssl/best.pth'
            ),
        ),
        encoder=None,
    ),
    head=dict(
        type='FusionHead',
        in_channels=2048,
        morphological_channels=31,
        init_cfg=[
            dict(type='Normal', layer='Linear', std=0.01),
            # The ImageNet classifier becomes the layer of 1000 values.
            dict(type='Pretrained', checkpoint=imagenet, prefix='head.'),
        ],
    ),
)
# The PSA, the normalisation behind it and the spatial attention are new: they
# train from the start.
new_layers = [r'\.conv2\.', r'\.bn2\.', r'\.spatial_attention\.']
