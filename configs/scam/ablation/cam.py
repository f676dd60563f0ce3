# Tables 5 and 6: channel attention alone.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_cam_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='ChannelAttention')))
