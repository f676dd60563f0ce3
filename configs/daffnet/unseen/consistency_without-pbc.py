# As variation_without-pbc.py, and every cell is looked at twice: both answers
# are to be alike. An epoch has as many looks as the baseline's, at half of the
# cells.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
model = dict(head=dict(type='TwoLooksClsHead'))
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(
    batch_size=32,
    sampler=dict(_delete_=True, type='RepeatAugSampler', num_repeats=2),
    dataset=dict(pipeline=train_pipeline),
)
train_cfg = dict(val_interval=16)
