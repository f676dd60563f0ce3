# The same for DAFFNet's other branch: its backbone learns cells and their
# attributes from painted ones, half of them as if from other laboratories.
_base_ = [
    './map-tiny_synthetic-pretrain.py',
    '../_base_/pipelines/other_laboratories.py',
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='EPSAResNet',
        depth=18,
        base_channels=32,
        stem_channels=32,
        spatial_attention=dict(type='SpatialAttention')),
    head=dict(in_channels=256))

symmetries = [
    dict(type='CenterCrop', crop_size=105),
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
elsewhere = [
    dict(type='RandomZoom', zoom=(1., 1.6)),
    *symmetries,
    *_base_.other_laboratories,
    dict(
        type='ForgetAttributes',
        attributes=['cell_size', 'cytoplasm_colour', 'granule_colour']),
]
train_pipeline = [
    dict(type='LoadSyntheticCell'),
    dict(
        type='RandomChoice',
        transforms=[symmetries, elsewhere],
        prob=[0.5, 0.5]),
    dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
