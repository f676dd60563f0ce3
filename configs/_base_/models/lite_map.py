# A Morphological Attribute Predictor on EfficientNet-Lite0. Its ImageNet
# weights, and its ImageNet classifier as the layer of 1000 values, come by
# `python tools/model_converters/efficientnet_lite_to_mmpretrain.py`.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='EfficientNetLite', drop_path_rate=0.1),
    head=dict(type='MAPHead', in_channels=1280, num_classes=5),
    init_cfg=dict(
        type='Pretrained', checkpoint='work_dirs/efficientnet-lite0.pth'
    ),
)
