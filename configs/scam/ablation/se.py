# Tables 5 and 6: squeeze-and-excitation.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_se_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='SE')))
