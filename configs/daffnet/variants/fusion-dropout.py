# Dropout behind the fusion.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_fusion-dropout_{{$WBC_DATASET:pbc}}'
model = dict(head=dict(dropout=0.5))
