# The Morphological Attribute Predictor (Sec. 2.2.1, Fig. 2).
imagenet = (
    'https://download.openmmlab.com/mmclassification/v0/resnet/'
    'resnet50_8xb32_in1k_20210831-ea4938fc.pth'
)
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=50,
        init_cfg=dict(
            type='Pretrained', checkpoint=imagenet, prefix='backbone.'
        ),
    ),
    head=dict(
        type='MAPHead',
        in_channels=2048,
        # The auxiliary classifier of deep-supervised learning, on WBCAtt's
        # five classes.
        num_classes=5,
        init_cfg=[
            dict(type='Normal', layer='Linear', std=0.01),
            # The ImageNet classifier becomes the layer of 1000 values.
            dict(type='Pretrained', checkpoint=imagenet, prefix='head.'),
        ],
    ),
)
