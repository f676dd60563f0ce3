# Table 4, row 3: + SA, a spatial gate on each residual branch.
imagenet = (
    'https://download.openmmlab.com/mmclassification/v0/resnet/'
    'resnet50_8xb32_in1k_20210831-ea4938fc.pth'
)
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EPSAResNet',
        depth=50,
        spatial_attention=dict(type='SpatialAttention'),
        init_cfg=dict(
            type='Pretrained', checkpoint=imagenet, prefix='backbone.'
        ),
    ),
    head=dict(
        type='FusionHead',
        in_channels=2048,
        morphological_channels=0,
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
