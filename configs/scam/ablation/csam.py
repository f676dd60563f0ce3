# Tables 5 and 6: CAM + SAM, channel attention before spatial attention.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_csam_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='CSAM')))
