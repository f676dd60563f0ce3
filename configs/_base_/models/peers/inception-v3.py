# MMPretrain's Inception v3. Its classifier is a part of the backbone there, so
# the number of classes goes to the backbone; ImageNet's last layer does not
# fit and is left out. Its own image size is 299, but both papers give every
# network 224.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='InceptionV3',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmclassification/'
            'v0/inception-v3/'
            'inception-v3_3rdparty_8xb32_in1k_20220615-dcd4d910.pth',
            prefix='backbone.',
        ),
    ),
    head=dict(type='ClsHead'),
)
