# Tables 5 and 6: CAM // SAM, channel and spatial attention side by side.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_cam-sam-parallel_{{$WBC_DATASET:ldwbc}}'
model = dict(backbone=dict(attention=dict(type='ParallelAttention')))
