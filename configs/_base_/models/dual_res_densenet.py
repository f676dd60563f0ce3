# Chen et al. 2022 (Fig. 3): ResNet50 and DenseNet121 up to their third stage,
# 1x1 convolutions to 512 channels, a sum, SCAM, two fully connected layers.
# For a branch without ImageNet weights (Table 8).
from_scratch = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm']),
]
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='DualResDenseNet',
        resnet=dict(
            type='ResNet',
            depth=50,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2,),
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmclassification/'
                'v0/resnet/resnet50_8xb32_in1k_20210831-ea4938fc.pth',
                prefix='backbone.',
            ),
        ),
        densenet=dict(
            type='TruncatedDenseNet',
            arch='121',
            num_stages=3,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmclassification/'
                'v0/densenet/densenet121_4xb256_in1k_20220426-07450f99.pth',
                prefix='backbone.',
            ),
        ),
        in_channels=dict(resnet=1024, densenet=1024),
        channels=512,
        fusion='sum',
        attention=dict(type='SCAM'),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='StackedLinearClsHead',
        in_channels=512,
        # The paper does not say how wide the first layer is.
        mid_channels=[512],
        # Before the last layer (Table 3).
        dropout_rate=0.5,
    ),
    # Eqs. (1) and (2), Table 4.
    train_cfg=dict(augments=dict(type='Mixup', alpha=0.2)),
)
