# Stain, lamp, camera and focus vary, and before them how deep the cytoplasm
# is stained beside the nucleus.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    dict(
        type='RandomStainCurve', strength=0.7, channel_strength=0.2, prob=0.7
    ),
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
train_cfg = dict(val_interval=16)
