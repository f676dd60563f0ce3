# No spatial attention in DAFFNet.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_sa-none_{{$WBC_DATASET:pbc}}'
model = dict(backbone=dict(spatial_attention=None))
