# DAFFNet with a MAP on EfficientNet-Lite0, beside the small EPSA-SA-ResNet.
model = dict(
    type='DAFFNet',
    backbone=dict(
        type='EPSAResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
        spatial_attention=dict(type='SpatialAttention'),
    ),
    neck=dict(
        type='MFE',
        predictor=dict(
            type='ImageClassifier',
            backbone=dict(type='EfficientNetLite'),
            head=dict(type='MAPHead', in_channels=1280, num_classes=5),
            # What stage 1 leaves.
            init_cfg=dict(
                type='Pretrained',
                checkpoint='work_dirs/map-lite_wbcatt/best.pth',
            ),
        ),
        encoder=dict(type='MorphologicalAttributeEncoder'),
        predictor_config='configs/daffnet/map-lite_wbcatt.py',
    ),
    head=dict(type='FusionHead', in_channels=256, morphological_channels=128),
)
