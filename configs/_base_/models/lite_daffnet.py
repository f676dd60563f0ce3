# DAFFNet on one EfficientNet-Lite0: the MAP's, frozen, serves both branches,
# so that there are the encoder and the head to train.
model = dict(
    type='DAFFNet',
    backbone=None,
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
    head=dict(type='FusionHead', in_channels=1280),
)
