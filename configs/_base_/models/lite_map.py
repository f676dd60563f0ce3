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
# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
# fmt: off
annotator_disagreement = [
    0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456, 0.0017,
    0.0135, 0.0,
]
# fmt: on
