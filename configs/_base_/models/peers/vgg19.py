# MMPretrain's VGG19. An average over the last map stands for the two layers
# of 4096 channels, which fix the size of the image and hold 120 million of
# its 144 million parameters.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VGG',
        depth=19,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/'
            'v0/vgg/vgg19_batch256_imagenet_20210208-e6920e4a.pth',
            prefix='backbone.',
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', in_channels=512),
)
