# Stage 3 of the shipped model, on WBCAtt's published split. Half of the cells
# look as if other laboratories had stained and photographed them.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_official.py',
    '../_base_/schedules/tiny_32e.py',
    '../_base_/recipes/tiny_daffnet.py',
    '../_base_/pipelines/other_laboratories.py',
]
symmetries = [
    dict(type='RandomCrop', crop_size=96),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
]
as_they_are = [
    dict(type='FrameCell', share=0.72),
    dict(type='ResizeEdge', scale=105, edge='short'),
    *symmetries,
]
elsewhere = [
    dict(type='RandomZoom', zoom=(1.25, 3.3)),
    dict(type='ResizeEdge', scale=105, edge='short'),
    *symmetries,
    *_base_.other_laboratories,
]
train_pipeline = [
    dict(type='LoadCellImage', min_edge=146),
    dict(
        type='RandomChoice',
        transforms=[as_they_are, elsewhere],
        prob=[0.5, 0.5]),
    dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/epsa-sa-tiny_synthetic-pretrain/best.pth',
            prefix='backbone.')),
    neck=dict(
        predictor=dict(
            # What tools/analysis_tools/calibrate_map.py makes of stage 1's
            # best.pth: README.md, "The shipped model".
            init_cfg=dict(
                checkpoint='work_dirs/map-tiny_wbcatt_official/calibrated.pth'
            )),
        predictor_config='configs/daffnet/map-tiny_wbcatt_official.py'),
    head=dict(loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1)))
# Where the CPU has no instructions for it, float32.
optim_wrapper = dict(type='mmpretrain.BFloat16OptimWrapper')
