# Feature statistics of the images of a batch are mixed, behind the second and
# the third stage.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(batch_size=32)
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='MixStyleHook', layers=['backbone.layers.2', 'backbone.layers.3']
    ),
]
train_cfg = dict(val_interval=16)
