# What every training has in common, whatever the model and the data.
default_scope = 'mmpretrain'
custom_imports = dict(imports=['daffnet_mm'], allow_failed_imports=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        # Whatever happens, --resume finds a whole checkpoint.
        type='ResumableCheckpointHook',
        interval=1,
        max_keep_ckpts=2,
        # A killed process leaves no half-written checkpoint.
        backend_args=dict(backend='atomic_local'),
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='VisualizationHook', enable=False),
    # With several processes: one set of batch statistics, the one that is
    # validated and saved.
    sync_buffers=dict(type='SyncBuffersHook'),
    # On a CPU, what a step frees the next one needs.
    keep_freed_memory=dict(type='KeepFreedMemoryHook'),
    # No process outlives the training.
    end_workers=dict(type='EndWorkersHook'),
    # One training at a time.
    work_folder=dict(type='WorkFolderHook'),
    # An interrupted run, resumed, ends like an uninterrupted one.
    epoch_seed=dict(type='EpochSeedHook'),
    validate_on_resume=dict(type='ValidateOnResumeHook'),
    # Mistakes end a run with a sentence instead of wrong figures.
    split_guard=dict(type='SplitGuardHook'),
    taxonomy_guard=dict(type='TaxonomyGuardHook'),
    checkpoint_guard=dict(type='CheckpointGuardHook'),
    invalid_loss=dict(type='CheckInvalidLossHook'),
    requirements=dict(type='RequirementsHook'),
    # Best on validation, tested, with tables and figures.
    report=dict(type='EvaluationReportHook'),
    best=dict(type='BestCheckpointHook'),
)

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)

# With several processes. The model is on its device already; naming one here,
# as MMEngine does by default, would rule out CPUs.
model_wrapper_cfg = dict(
    type='MMDistributedDataParallel',
    device_ids=None,
    broadcast_buffers=False,
    # The frozen layers of the first epochs have no gradient.
    find_unused_parameters=True,
)

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='UniversalVisualizer', vis_backends=vis_backends)

log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
