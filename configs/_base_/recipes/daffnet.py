# Table 4, row 5, DAFFNet (Fig. 1): + MAP + MAE, the morphological branch
# beside the backbone.
_base_ = './epsa-sa.py'
model = dict(
    type='DAFFNet',
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
        encoder=dict(type='MorphologicalAttributeEncoder'),
    ),
    head=dict(morphological_channels=128),
)
