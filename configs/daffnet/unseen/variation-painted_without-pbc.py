# As variation_without-pbc.py, and painted cells are a further laboratory.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
painted = dict(_base_.painted, num_samples=2500)
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        datasets=[*_base_.train_dataloader.dataset.datasets, painted],
        pipeline=train_pipeline,
    ),
)
train_cfg = dict(val_interval=16)
