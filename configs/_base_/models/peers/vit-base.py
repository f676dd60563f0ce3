# MMPretrain's ViT-B/16, whose weights are ImageNet-21k's, fine-tuned on
# ImageNet-1k at 384 px; MMPretrain resizes the position embedding to 224 px.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch='b',
        img_size=224,
        patch_size=16,
        drop_rate=0.1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/'
            'v0/vit/finetune/vit-base-p16_in21k-pre-3rdparty_ft-64xb64_in1k-'
            '384_20210928-98e8652b.pth',
            prefix='backbone.',
        ),
    ),
    head=dict(type='VisionTransformerClsHead', in_channels=768),
)
