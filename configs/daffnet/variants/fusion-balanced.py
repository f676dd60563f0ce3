# As many high-level values as morphological ones, 128. The layer that gives
# them is new, not ImageNet's classifier.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_fusion-balanced_{{$WBC_DATASET:pbc}}'
model = dict(
    head=dict(
        num_features=128,
        init_cfg=dict(_delete_=True, type='Normal', layer='Linear', std=0.01),
    )
)
default_hooks = dict(freeze=dict(layers=[r'backbone\.']))
