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
        spatial_attention=dict(type='SpatialAttention'),
    ),
    head=dict(in_channels=256),
)

as_they_are = _base_.train_pipeline[1:-1]
elsewhere = [
    dict(type='RandomZoom', zoom=(1.0, 1.6)),
    *as_they_are,
    *_base_.other_laboratories,
    dict(
        type='ForgetAttributes',
        attributes=['cell_size', 'cytoplasm_colour', 'granule_colour'],
    ),
]
train_pipeline = [
    _base_.train_pipeline[0],
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.5, 0.5],
    ),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
