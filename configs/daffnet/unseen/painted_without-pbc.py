# Painted cells are a further laboratory.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
painted = dict(_base_.painted, num_samples=2500)
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        datasets=[*_base_.train_dataloader.dataset.datasets, painted]
    ),
)
train_cfg = dict(val_interval=16)
