# A spatial transformer on the residual branch of each block.
_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/models/daffnet.py',
    '../../_base_/schedules/adam_100e.py',
]
work_dir = 'work_dirs/daffnet_{{ fileBasenameNoExtension }}'
model = dict(
    backbone=dict(
        spatial_attention=dict(_delete_=True, type='SpatialTransformer')
    ),
    head=dict(num_classes=_base_.num_classes),
)
default_hooks = dict(freeze=dict(except_layers=_base_.new_layers))
