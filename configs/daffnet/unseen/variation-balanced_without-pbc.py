# As variation_without-pbc.py, and cells of every laboratory are drawn equally
# often.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(
    batch_size=32,
    sampler=dict(_delete_=True, type='LaboratoryBalancedSampler'),
    dataset=dict(pipeline=train_pipeline),
)
train_cfg = dict(val_interval=16)
