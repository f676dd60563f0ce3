# Nothing is frozen: all layers train from the first epoch.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_freeze-none_{{$WBC_DATASET:pbc}}'
default_hooks = dict(freeze=None)
