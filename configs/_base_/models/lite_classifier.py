# Cell types by EfficientNet-Lite0. Its ImageNet weights come by
# `python tools/model_converters/efficientnet_lite_to_mmpretrain.py`.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='EfficientNetLite',
        drop_path_rate=0.1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/efficientnet-lite0.pth',
            prefix='backbone',
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=5, in_channels=1280),
)
