# Inception v3 from scratch. It has one size, and takes no less than 75 px.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='InceptionV3'),
    head=dict(type='ClsHead'),
)
