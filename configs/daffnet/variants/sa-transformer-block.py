# A spatial transformer on the residual branch of each block.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_sa-transformer-block_{{$WBC_DATASET:pbc}}'
model = dict(
    backbone=dict(
        spatial_attention=dict(_delete_=True, type='SpatialTransformer')
    )
)
