# Tables 5 and 6: efficient channel attention.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_eca_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='ECA')))
