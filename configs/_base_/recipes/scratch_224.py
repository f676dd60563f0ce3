# Where no ImageNet weights are at hand: what the configs of daffnet/scratch
# have in the place of the paper's fine-tuning. As with the small models, wide
# views lose their borders, at the same scale in training and test, and all
# eight symmetries of the square are shown.
scratch = dict(
    backbone_init=[
        dict(type='Kaiming', layer=['Conv2d']),
        dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
    ],
    head_init=[dict(type='Normal', layer='Linear', std=0.01)],
    batch_size=64,
    train_pipeline=[
        dict(type='LoadCellImage', min_edge=356),
        dict(type='FrameCell', share=0.72),
        dict(type='ResizeEdge', scale=256, edge='short'),
        dict(type='RandomCrop', crop_size=224),
        dict(type='RandomFlip', prob=0.5),
        dict(type='RandomQuarterTurn'),
        dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
    ],
    test_pipeline=[
        dict(type='LoadCellImage', min_edge=356),
        dict(type='FrameCell', share=0.63),
        dict(type='ResizeEdge', scale=224, edge='short'),
        dict(type='CenterCrop', crop_size=224),
        dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
    ],
    # On GPUs and on CPUs; float32 where there are no instructions for it.
    optim_wrapper=dict(
        type='BFloat16OptimWrapper',
        optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
        paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
    ),
    param_scheduler=[
        dict(
            type='LinearLR',
            start_factor=0.05,
            by_epoch=True,
            end=2,
            convert_to_iter_based=True,
        ),
        dict(
            type='CosineAnnealingLR',
            eta_min=1e-5,
            by_epoch=True,
            begin=2,
            end=60,
            convert_to_iter_based=True,
        ),
    ],
    max_epochs=60,
    # Nothing is pretrained, hence frozen; the learning rate reaches zero at
    # the last epoch only, hence no early stop.
    hooks=dict(freeze=dict(epochs=0), early_stopping=dict(patience=60)),
)
