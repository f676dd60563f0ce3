# As many high-level values as morphological ones, 128. The layer that gives
# them is new, not ImageNet's classifier.
_base_ = [
    '../../_base_/datasets/pbc.py',
    '../../_base_/models/daffnet.py',
    '../../_base_/schedules/adam_100e.py',
]
work_dir = 'work_dirs/daffnet_{{ fileBasenameNoExtension }}'
model = dict(
    head=dict(
        num_classes=_base_.num_classes,
        num_features=128,
        init_cfg=[dict(type='Normal', layer='Linear', std=0.01)],
    )
)
default_hooks = dict(
    freeze=dict(layers=[r'backbone\.'], except_layers=_base_.new_layers)
)
