# Table 4, row 3: + SA, a spatial gate on each residual branch.
_base_ = './epsa.py'
model = dict(backbone=dict(spatial_attention=dict(type='SpatialAttention')))
