# Tables 5 and 6: spatial attention alone.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_sam_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='SpatialAttention')))
