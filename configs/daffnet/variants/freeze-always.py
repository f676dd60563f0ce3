# What comes from ImageNet stays frozen to the end.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_freeze-always_{{$WBC_DATASET:pbc}}'
default_hooks = dict(freeze=dict(epochs=100))
