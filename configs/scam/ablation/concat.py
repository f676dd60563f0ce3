# Beside the tables: the paper does not say how the maps are fused. Here they
# are concatenated.
_base_ = '../scam_{{$WBC_DATASET:ldwbc}}.py'
work_dir = 'work_dirs/scam_concat_{{$WBC_DATASET:ldwbc}}'
model = dict(
    backbone=dict(fusion='concat'),
    head=dict(in_channels=2 * _base_.model.backbone.channels),
)
