# A spatial transformer, the one that the paper cites, on what each stage
# gives.
_base_ = '../daffnet_{{$WBC_DATASET:pbc}}.py'
work_dir = 'work_dirs/daffnet_sa-transformer_{{$WBC_DATASET:pbc}}'
model = dict(
    backbone=dict(
        spatial_attention=dict(_delete_=True, type='SpatialTransformer'),
        attention_position='stage',
    )
)
