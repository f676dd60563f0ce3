# + MAP for CPUs, without the encoder.
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
            backbone=dict(
                type='ResNet', depth=18, base_channels=40, stem_channels=40
            ),
            head=dict(type='MAPHead', in_channels=320, num_classes=5),
            # What stage 2 leaves.
            init_cfg=dict(
                type='Pretrained', checkpoint='work_dirs/map-tiny_ssl/best.pth'
            ),
        ),
        encoder=None,
        predictor_config='configs/daffnet/map-tiny_ssl.py',
    ),
    head=dict(type='FusionHead', in_channels=256, morphological_channels=31),
)
