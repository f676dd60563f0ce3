# Tables 5 and 6: no attention.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_no-attention_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=None))
