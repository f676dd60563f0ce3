# The spatial gate on what each stage gives.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_sa-stage_{{$WBC_DATASET:pbc}}'
model = dict(backbone=dict(attention_position='stage'))
