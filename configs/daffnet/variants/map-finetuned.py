# The MAP is trained along, from what stage 2 leaves.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_map-finetuned_{{$WBC_DATASET:pbc}}'
model = dict(neck=dict(frozen=False))
